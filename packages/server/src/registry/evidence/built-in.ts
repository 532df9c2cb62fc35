import type { Direction } from '../../contract/metric.ts';

/** What a name means in the field. */
export interface BuiltIn {
  unit?: string;
  direction?: Direction;
  description: string;
  /** Its value is a share of all n examples: a binomial proportion, of which there is an interval. */
  isShareOfN?: boolean;
}

const higher = (description: string): BuiltIn => ({ direction: 'higher', description });
const lower = (description: string, unit?: string): BuiltIn => ({
  direction: 'lower',
  description,
  ...(unit !== undefined && { unit }),
});
const share = (direction: Direction, description: string): BuiltIn => ({ direction, description, isShareOfN: true });

const ACCURACY = share('higher', 'Share of the examples whose predicted label is the actual one');
const AUC = higher('Area under the ROC curve');
const AVERAGE_PRECISION = higher('Area under the precision-recall curve, as a sum of steps');
const F1 = higher('Harmonic mean of precision and recall');
const PRECISION = higher('Share of what was predicted positive that is positive');
const RECALL = higher('Share of what is positive that was predicted so');
const LOG_LOSS = lower('Negative mean log-likelihood of the actual labels');
const RMSE = lower('Root of the mean squared error, in the unit of the target');
const MSE = lower('Mean squared error, in the squared unit of the target');
const MAE = lower('Mean absolute error, in the unit of the target');
const MAPE = lower('Mean absolute error as a share of the actual value');
const R2 = higher('Share of the variance of the target that is explained');
const LATENCY = 'Time that one prediction takes';

/** Metrics that data scientists, scikit-learn and MLflow know by these names, each also behind the prefixes that `builtIn` takes off. */
export const BUILT_IN: ReadonlyMap<string, BuiltIn> = new Map(
  Object.entries({
    accuracy: ACCURACY,
    accuracy_score: ACCURACY,
    acc: ACCURACY,
    exact_match: share('higher', 'Share of the answers that are, word for word, the expected ones'),
    top_5_accuracy: share('higher', 'Share of the examples whose actual label is among the five first predicted'),
    error_rate: share('lower', 'Share of the examples whose predicted label is not the actual one'),
    zero_one_loss: share('lower', 'Share of the examples whose predicted label is not the actual one'),
    balanced_accuracy: higher('Mean of the recalls of all labels'),
    balanced_accuracy_score: higher('Mean of the recalls of all labels'),
    auc: AUC,
    roc_auc: AUC,
    roc_auc_score: AUC,
    auroc: AUC,
    average_precision: AVERAGE_PRECISION,
    average_precision_score: AVERAGE_PRECISION,
    pr_auc: AVERAGE_PRECISION,
    precision_recall_auc: AVERAGE_PRECISION,
    ks: higher('Greatest distance between the score distributions of both classes (Kolmogorov-Smirnov)'),
    gini: higher('Twice the area under the ROC curve, less one'),
    f1: F1,
    f1_score: F1,
    f1_macro: higher('Mean of the F1 of all labels'),
    f1_micro: higher('F1 over the counts of all labels together'),
    f1_weighted: higher('Mean of the F1 of all labels, each weighted by its examples'),
    f1_score_macro: higher('Mean of the F1 of all labels'),
    f1_score_micro: higher('F1 over the counts of all labels together'),
    f1_score_weighted: higher('Mean of the F1 of all labels, each weighted by its examples'),
    precision: PRECISION,
    precision_score: PRECISION,
    precision_macro: higher('Mean of the precisions of all labels'),
    precision_micro: higher('Precision over the counts of all labels together'),
    precision_weighted: higher('Mean of the precisions of all labels, each weighted by its examples'),
    recall: RECALL,
    recall_score: RECALL,
    recall_macro: higher('Mean of the recalls of all labels'),
    recall_micro: higher('Recall over the counts of all labels together'),
    recall_weighted: higher('Mean of the recalls of all labels, each weighted by its examples'),
    sensitivity: RECALL,
    specificity: higher('Share of what is negative that was predicted so'),
    jaccard: higher('Size of the overlap by the size of the union (also IoU)'),
    iou: higher('Size of the overlap by the size of the union'),
    dice: higher('Twice the overlap by the sum of both sizes'),
    map: higher('Mean of the average precisions of all classes or queries'),
    mrr: higher('Mean of one by the rank of the first hit'),
    ndcg: higher('Discounted gain of a ranking by that of the best one'),
    ndcg_score: higher('Discounted gain of a ranking by that of the best one'),
    mcc: higher('Matthews correlation of predicted and actual labels, -1 to 1'),
    matthews_corrcoef: higher('Matthews correlation of predicted and actual labels, -1 to 1'),
    cohen_kappa: higher('Agreement of predicted and actual labels beyond chance'),
    silhouette: higher('How much closer examples are to their own cluster than to the next, -1 to 1'),
    score: higher('What the estimator itself calls its score'),
    log_loss: LOG_LOSS,
    logloss: LOG_LOSS,
    cross_entropy: LOG_LOSS,
    loss: lower('What training minimises'),
    brier: lower('Mean squared error of predicted probabilities'),
    brier_score: lower('Mean squared error of predicted probabilities'),
    brier_score_loss: lower('Mean squared error of predicted probabilities'),
    ece: lower('Mean distance between confidence and accuracy (expected calibration error)'),
    false_positive_rate: lower('Share of what is negative that was predicted positive'),
    false_negative_rate: lower('Share of what is positive that was predicted negative'),
    fpr: lower('Share of what is negative that was predicted positive'),
    fnr: lower('Share of what is positive that was predicted negative'),
    rmse: RMSE,
    root_mean_squared_error: RMSE,
    mse: MSE,
    mean_squared_error: MSE,
    mae: MAE,
    mean_absolute_error: MAE,
    median_absolute_error: lower('Median of the absolute errors, in the unit of the target'),
    max_error: lower('Greatest absolute error, in the unit of the target'),
    mape: MAPE,
    mean_absolute_percentage_error: MAPE,
    smape: lower('Mean of the absolute errors, each by the mean of actual and predicted value'),
    rmsle: lower('Root of the mean squared error of the logarithms'),
    pinball_loss: lower('Mean loss of a predicted quantile'),
    r2: R2,
    r2_score: R2,
    r_squared: R2,
    explained_variance: higher('Share of the variance of the target that is explained, whatever the bias'),
    latency_ms: lower(LATENCY, 'ms'),
    latency: lower(LATENCY),
    latency_p50: lower(`${LATENCY}, the median`, 'ms'),
    latency_p95: lower(`${LATENCY}, of 95 % at most`, 'ms'),
    latency_p99: lower(`${LATENCY}, of 99 % at most`, 'ms'),
    latency_p50_ms: lower(`${LATENCY}, the median`, 'ms'),
    latency_p95_ms: lower(`${LATENCY}, of 95 % at most`, 'ms'),
    latency_p99_ms: lower(`${LATENCY}, of 99 % at most`, 'ms'),
    throughput: { direction: 'higher', unit: '1/s', description: 'Predictions in a second' },
    training_time: lower('Time that training took', 's'),
    memory_mb: lower('Memory that is taken', 'MB'),
    model_size_mb: lower('Size of the model', 'MB'),
    perplexity: lower('Exponential of the mean negative log-likelihood of a token'),
    bleu: higher('Overlap of n-grams with reference translations'),
    rouge: higher('Overlap with reference summaries'),
    rouge1: higher('Overlap of words with reference summaries'),
    rouge2: higher('Overlap of pairs of words with reference summaries'),
    rougel: higher('Longest common subsequence with reference summaries'),
    rougelsum: higher('Longest common subsequence with reference summaries, line by line'),
    meteor: higher('Harmonic mean of unigram precision and recall, with stems and synonyms'),
    chrf: higher('F-score of character n-grams'),
    bert_score: higher('Similarity of the embeddings of tokens'),
    wer: lower('Edits of words by the words of the reference'),
    cer: lower('Edits of characters by the characters of the reference'),
    toxicity: lower('Score of a classifier of toxic text'),
    true_positives: { description: 'Count of positives that were predicted so' },
    true_negatives: { description: 'Count of negatives that were predicted so' },
    false_positives: lower('Count of negatives that were predicted positive'),
    false_negatives: lower('Count of positives that were predicted negative'),
    example_count: { description: 'Examples that were looked at' },
  } satisfies Record<string, BuiltIn>),
);

const PREFIX = /^(?:training|train|validation|valid|val|testing|test|eval|holdout|mean)[_/.-]/;

/**
 * What a metric's name means: that of the table, whatever its letter case; else what is left of it without one prefix
 * that tells the data (`training_`, `train_`, `validation_`, `valid_`, `val_`, `testing_`, `test_`, `eval_`, `holdout_`) or
 * `mean_`, where `/`, `.` and `-` may stand for `_`. So `val_loss`, `test/RMSE` and `training_accuracy_score` are known.
 */
export function builtIn(name: string): BuiltIn | undefined {
  if (name.length > LONGEST) return undefined;
  const lowered = name.toLowerCase();
  return BUILT_IN.get(lowered) ?? BUILT_IN.get(lowered.replace(PREFIX, ''));
}

/** Longer than any known name behind a prefix. */
const LONGEST = 64;
