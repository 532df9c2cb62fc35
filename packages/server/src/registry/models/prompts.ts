/** MLflow's prompts are models and versions with this tag (`mlflow/prompt/constants.py`). */
export const IS_PROMPT = 'mlflow.prompt.is_prompt';

export function isPrompt(tags: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(tags, IS_PROMPT) && tags[IS_PROMPT]?.toLowerCase() === 'true';
}
