/**
 * PyTorch's tensors and layers, and the core classes of the gradient boosting libraries. torch.storage._load_from_bytes
 * is not here: it loads its argument as another pickle.
 */
export const FRAMEWORKS: Record<string, string> = {
  torch:
    'FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage ' +
    'BoolStorage ComplexFloatStorage ComplexDoubleStorage QUInt8Storage QInt8Storage QInt32Storage Size device Tensor ' +
    'float float16 float32 float64 bfloat16 half double int int8 int16 int32 int64 uint8 long short bool complex64 ' +
    'complex128 strided sparse_coo per_tensor_affine per_channel_affine qint8 quint8 qint32',
  'torch.storage': 'UntypedStorage TypedStorage _UntypedStorage _TypedStorage',
  'torch._utils':
    '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state ' +
    '_rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_device_tensor_from_numpy ' +
    '_rebuild_meta_tensor_no_storage',
  'torch._tensor': '_rebuild_from_type_v2',
  'torch.nn.parameter': 'Parameter Buffer UninitializedParameter',
  'torch.nn.modules.activation':
    'ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Sigmoid Tanh Softmax LogSoftmax Softplus Hardtanh ' +
    'Hardswish Hardsigmoid MultiheadAttention GLU',
  'torch.nn.modules.batchnorm': 'BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm',
  'torch.nn.modules.container': 'Sequential ModuleList ModuleDict ParameterList ParameterDict',
  'torch.nn.modules.conv': 'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d',
  'torch.nn.modules.dropout': 'Dropout Dropout1d Dropout2d Dropout3d AlphaDropout',
  'torch.nn.modules.flatten': 'Flatten Unflatten',
  'torch.nn.modules.instancenorm': 'InstanceNorm1d InstanceNorm2d InstanceNorm3d',
  'torch.nn.modules.linear': 'Linear Bilinear Identity NonDynamicallyQuantizableLinear',
  'torch.nn.modules.loss':
    'CrossEntropyLoss BCELoss BCEWithLogitsLoss MSELoss L1Loss SmoothL1Loss NLLLoss KLDivLoss HuberLoss',
  'torch.nn.modules.normalization': 'LayerNorm GroupNorm LocalResponseNorm RMSNorm',
  'torch.nn.modules.padding': 'ZeroPad2d ConstantPad1d ConstantPad2d ReflectionPad2d ReplicationPad2d',
  'torch.nn.modules.pooling':
    'MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d',
  'torch.nn.modules.rnn': 'RNN LSTM GRU RNNCell LSTMCell GRUCell',
  'torch.nn.modules.sparse': 'Embedding EmbeddingBag',
  'torch.nn.modules.transformer':
    'Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder TransformerDecoderLayer',
  'torch.nn.modules.upsampling': 'Upsample UpsamplingBilinear2d UpsamplingNearest2d',
  'xgboost.core': 'Booster',
  'xgboost.sklearn': 'XGBModel XGBClassifier XGBRegressor XGBRanker XGBRFClassifier XGBRFRegressor',
  'xgboost.compat': 'XGBoostLabelEncoder',
  'lightgbm.basic': 'Booster',
  'lightgbm.sklearn': 'LGBMModel LGBMClassifier LGBMRegressor LGBMRanker',
  'lightgbm.compat': '_LGBMLabelEncoder',
  'catboost.core': 'CatBoost CatBoostClassifier CatBoostRegressor CatBoostRanker',
  'imblearn.pipeline': 'Pipeline',
  'imblearn.over_sampling._smote.base': 'SMOTE SMOTEN SMOTENC',
  'imblearn.over_sampling._random_over_sampler': 'RandomOverSampler',
  'imblearn.under_sampling._prototype_selection._random_under_sampler': 'RandomUnderSampler',
};
