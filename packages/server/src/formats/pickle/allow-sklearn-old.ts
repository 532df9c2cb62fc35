/** The same under the module names that scikit-learn had before 0.22, and again until 0.24. */
export const SKLEARN_OLD: Record<string, string> = {
  'sklearn.cluster.affinity_propagation_': 'AffinityPropagation',
  'sklearn.cluster.bicluster': 'BaseSpectral SpectralBiclustering SpectralCoclustering',
  'sklearn.cluster.birch': 'Birch _CFNode _CFSubcluster',
  'sklearn.cluster.dbscan_': 'DBSCAN',
  'sklearn.cluster.hierarchical': 'AgglomerativeClustering FeatureAgglomeration',
  'sklearn.cluster.k_means_': 'KMeans MiniBatchKMeans _BaseKMeans _kmeans_single_elkan _kmeans_single_lloyd',
  'sklearn.cluster.mean_shift_': 'MeanShift',
  'sklearn.cluster.optics_': 'OPTICS',
  'sklearn.cluster.spectral': 'SpectralClustering',
  'sklearn.covariance.elliptic_envelope': 'EllipticEnvelope',
  'sklearn.covariance.empirical_covariance_': 'EmpiricalCovariance',
  'sklearn.covariance.graph_lasso_': 'BaseGraphicalLasso GraphicalLasso GraphicalLassoCV',
  'sklearn.covariance.robust_covariance': 'MinCovDet',
  'sklearn.covariance.shrunk_covariance_': 'LedoitWolf OAS ShrunkCovariance',
  'sklearn.cross_decomposition.pls_': 'CCA PLSCanonical PLSRegression PLSSVD _PLS',
  'sklearn.decomposition._online_lda': 'LatentDirichletAllocation',
  'sklearn.decomposition.dict_learning': 'DictionaryLearning MiniBatchDictionaryLearning SparseCoder',
  'sklearn.decomposition.factor_analysis': 'FactorAnalysis',
  'sklearn.decomposition.fastica_': 'FastICA',
  'sklearn.decomposition.incremental_pca': 'IncrementalPCA',
  'sklearn.decomposition.kernel_pca': 'KernelPCA',
  'sklearn.decomposition.nmf': 'MiniBatchNMF NMF _BaseNMF',
  'sklearn.decomposition.online_lda': 'LatentDirichletAllocation',
  'sklearn.decomposition.pca': 'PCA',
  'sklearn.decomposition.sparse_pca': 'MiniBatchSparsePCA SparsePCA _BaseSparsePCA',
  'sklearn.decomposition.truncated_svd': 'TruncatedSVD',
  'sklearn.ensemble.bagging': 'BaggingClassifier BaggingRegressor BaseBagging',
  'sklearn.ensemble.base': 'BaseEnsemble _BaseHeterogeneousEnsemble',
  'sklearn.ensemble.forest':
    'BaseForest ExtraTreesClassifier ExtraTreesRegressor ForestClassifier ForestRegressor RandomForestClassifier ' +
    'RandomForestRegressor RandomTreesEmbedding',
  'sklearn.ensemble.gradient_boosting':
    'BaseGradientBoosting BinomialDeviance ExponentialLoss GradientBoostingClassifier GradientBoostingRegressor ' +
    'HuberLossFunction LeastAbsoluteError LeastSquaresError LogOddsEstimator MeanEstimator MultinomialDeviance ' +
    'PriorProbabilityEstimator QuantileEstimator QuantileLossFunction ScaledLogOddsEstimator VerboseReporter ' +
    'ZeroEstimator',
  'sklearn.ensemble.iforest': 'IsolationForest',
  'sklearn.ensemble.voting': 'VotingClassifier VotingRegressor _BaseVoting',
  'sklearn.ensemble.voting_classifier': 'VotingClassifier VotingRegressor _BaseVoting',
  'sklearn.ensemble.weight_boosting': 'AdaBoostClassifier AdaBoostRegressor BaseWeightBoosting',
  'sklearn.feature_extraction.dict_vectorizer': 'DictVectorizer',
  'sklearn.feature_extraction.hashing': 'FeatureHasher',
  'sklearn.feature_selection.from_model': 'SelectFromModel',
  'sklearn.feature_selection.mutual_info_': 'mutual_info_classif mutual_info_regression',
  'sklearn.feature_selection.rfe': 'RFE RFECV',
  'sklearn.feature_selection.univariate_selection':
    'GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest SelectPercentile _BaseFilter chi2 f_classif ' +
    'f_oneway f_regression r_regression',
  'sklearn.feature_selection.variance_threshold': 'VarianceThreshold',
  'sklearn.gaussian_process.gpc': 'GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace',
  'sklearn.gaussian_process.gpr': 'GaussianProcessRegressor',
  'sklearn.linear_model.base': 'LinearModel LinearRegression MultiOutputLinearModel',
  'sklearn.linear_model.bayes': 'ARDRegression BayesianRidge',
  'sklearn.linear_model.coordinate_descent':
    'ElasticNet ElasticNetCV Lasso LassoCV LinearModelCV MultiTaskElasticNet MultiTaskElasticNetCV MultiTaskLasso ' +
    'MultiTaskLassoCV',
  'sklearn.linear_model.huber': 'HuberRegressor',
  'sklearn.linear_model.least_angle': 'Lars LarsCV LassoLars LassoLarsCV LassoLarsIC',
  'sklearn.linear_model.logistic': 'LogisticRegression LogisticRegressionCV',
  'sklearn.linear_model.omp': 'OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV',
  'sklearn.linear_model.passive_aggressive': 'PassiveAggressiveClassifier PassiveAggressiveRegressor',
  'sklearn.linear_model.perceptron': 'Perceptron',
  'sklearn.linear_model.ransac': 'RANSACRegressor',
  'sklearn.linear_model.ridge':
    'Ridge RidgeCV RidgeClassifier RidgeClassifierCV _BaseRidge _BaseRidgeCV _IdentityClassifier _IdentityRegressor ' +
    '_RidgeGCV',
  'sklearn.linear_model.sgd_fast':
    'Classification EpsilonInsensitive Hinge Huber Log LossFunction ModifiedHuber Regression ' +
    'SquaredEpsilonInsensitive SquaredHinge SquaredLoss',
  'sklearn.linear_model.stochastic_gradient':
    'BaseSGD BaseSGDClassifier BaseSGDRegressor SGDClassifier SGDOneClassSVM SGDRegressor',
  'sklearn.linear_model.theil_sen': 'TheilSenRegressor',
  'sklearn.manifold.isomap': 'Isomap',
  'sklearn.manifold.locally_linear': 'LocallyLinearEmbedding',
  'sklearn.manifold.mds': 'MDS',
  'sklearn.manifold.spectral_embedding_': 'SpectralEmbedding',
  'sklearn.manifold.t_sne': 'TSNE',
  'sklearn.metrics.classification':
    'accuracy_score balanced_accuracy_score brier_score_loss class_likelihood_ratios classification_report ' +
    'cohen_kappa_score confusion_matrix d2_brier_score d2_log_loss_score f1_score fbeta_score hamming_loss ' +
    'hinge_loss jaccard_score log_loss matthews_corrcoef multilabel_confusion_matrix ' +
    'precision_recall_fscore_support precision_score recall_score zero_one_loss',
  'sklearn.metrics.ranking':
    'auc average_precision_score confusion_matrix_at_thresholds coverage_error dcg_score det_curve ' +
    'label_ranking_average_precision_score label_ranking_loss metric_at_thresholds ndcg_score ' +
    'precision_recall_curve roc_auc_score roc_curve top_k_accuracy_score',
  'sklearn.metrics.regression':
    'd2_absolute_error_score d2_pinball_score d2_tweedie_score explained_variance_score max_error ' +
    'mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance ' +
    'mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error r2_score ' +
    'root_mean_squared_error root_mean_squared_log_error',
  'sklearn.metrics.scorer':
    '_BaseScorer _CurveScorer _MultimetricScorer _PassthroughScorer _PredictScorer _ProbaScorer _Scorer ' +
    '_ThresholdScorer',
  'sklearn.mixture.bayesian_mixture': 'BayesianGaussianMixture',
  'sklearn.mixture.gaussian_mixture': 'GaussianMixture',
  'sklearn.neighbors.ball_tree':
    'BallTree BallTree32 BallTree64 BinaryTree32 BinaryTree64 NeighborsHeap32 NeighborsHeap64 NodeHeap newObj',
  'sklearn.neighbors.classification': 'KNeighborsClassifier RadiusNeighborsClassifier',
  'sklearn.neighbors.dist_metrics': 'ChebyshevDistance EuclideanDistance ManhattanDistance MinkowskiDistance newObj',
  'sklearn.neighbors.kd_tree':
    'BinaryTree32 BinaryTree64 KDTree KDTree32 KDTree64 NeighborsHeap32 NeighborsHeap64 NodeHeap newObj',
  'sklearn.neighbors.kde': 'KernelDensity',
  'sklearn.neighbors.lof': 'LocalOutlierFactor',
  'sklearn.neighbors.nca': 'NeighborhoodComponentsAnalysis',
  'sklearn.neighbors.nearest_centroid': 'NearestCentroid',
  'sklearn.neighbors.regression': 'KNeighborsRegressor RadiusNeighborsRegressor',
  'sklearn.neighbors.unsupervised': 'NearestNeighbors',
  'sklearn.neural_network.multilayer_perceptron': 'BaseMultilayerPerceptron MLPClassifier MLPRegressor',
  'sklearn.neural_network.rbm': 'BernoulliRBM',
  'sklearn.preprocessing.data':
    'Binarizer CategoricalEncoder KernelCenterer MaxAbsScaler MinMaxScaler Normalizer PolynomialFeatures ' +
    'PowerTransformer QuantileTransformer RobustScaler StandardScaler',
  'sklearn.preprocessing.imputation': 'Imputer',
  'sklearn.preprocessing.label': 'LabelBinarizer LabelEncoder MultiLabelBinarizer',
  'sklearn.semi_supervised.label_propagation': 'BaseLabelPropagation LabelPropagation LabelSpreading',
  'sklearn.svm.base': 'BaseLibSVM BaseSVC',
  'sklearn.svm.classes': 'LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR',
  'sklearn.tree.tree':
    'BaseDecisionTree DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor',
};
