import type { Ground } from '../../calls/call.ts';
import type { Generator, Target } from '../../load/start.ts';

/** A server, and what it holds. */
export interface Side {
  target: Target;
  ground: Ground;
}

/** What is measured of both. */
export interface Both<T> {
  assayer: T;
  mlflow: T;
}

export const SIDES = ['assayer', 'mlflow'] as const;

export interface Arena {
  generator: Generator;
  sides: Both<Side>;
  seconds: number;
  rounds: number;
}

/** One after the other: never are both under load. */
export async function ofBoth<T>(work: (name: keyof Both<T>) => Promise<T>): Promise<Both<T>> {
  return { assayer: await work('assayer'), mlflow: await work('mlflow') };
}
