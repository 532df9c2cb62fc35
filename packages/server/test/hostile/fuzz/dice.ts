import { randomOf } from '../../support/workload.ts';

/** Choices that look random and are the same for the same seed. */
export interface Dice {
  one<T>(items: readonly T[]): T;
  /** From `least` to `most`, both included. */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  /** The same for what is wrong: never while the dice are sober. */
  odd(probability: number): boolean;
  sober: boolean;
  bytes(length: number): Buffer;
}

export function diceOf(seed: number): Dice {
  const random = randomOf(Math.imul(seed, 0x9e3779b1));
  const int = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const dice: Dice = {
    one: (items) => items[int(0, items.length - 1)]!,
    int,
    chance: (probability) => random() < probability,
    odd: (probability) => !dice.sober && random() < probability,
    sober: false,
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(0, 255))),
  };
  return dice;
}

/** Flips, drops, doubles, moves or inserts a few bytes. */
export function garble(dice: Dice, bytes: Buffer): Buffer {
  let garbled = bytes;
  for (let times = dice.int(1, 4); times > 0 && garbled.length > 0; times -= 1) {
    const at = dice.int(0, garbled.length - 1);
    const end = Math.min(garbled.length, at + dice.int(1, 12));
    const [before, slice, after] = [garbled.subarray(0, at), garbled.subarray(at, end), garbled.subarray(end)];
    garbled = Buffer.concat(
      dice.one([
        [before, Buffer.from(slice.map((byte) => byte ^ (1 << dice.int(0, 7)))), after],
        [before, after],
        [before, slice, slice, after],
        [after, slice, before],
        [before, dice.bytes(dice.int(1, 6)), slice, after],
        [before, Buffer.from(dice.one(['\r\n', '\n', '\0', ' ', ':', '%', '"', '\t', '\u00ff'])), slice, after],
      ]),
    );
  }
  return garbled;
}
