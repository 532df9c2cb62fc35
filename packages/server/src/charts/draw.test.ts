import { describe, expect, it } from 'vitest';
import { createDrawer, NotDrawn } from './draw.ts';

const values = (count: number) => Array.from({ length: count }, (_, x) => ({ x, y: (x * 7919) % 101 }));
const spec = (count = 3, more: object = {}) =>
  ({
    data: { values: values(count) },
    mark: 'point',
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
    ...more,
  }) as never;

describe('drawing', () => {
  it('goes on in the order in which it was asked, and after what cannot be drawn', async () => {
    await using drawer = closing();
    const drawn: number[] = [];
    const asked = [1, 2, 3].map((n) => drawer.draw(spec(n)).then(() => drawn.push(n)));
    await Promise.all(asked);
    expect(drawn).toEqual([1, 2, 3]);
    await expect(drawer.draw({ mark: 'nothing' })).rejects.toThrow(/could not be drawn/);
    expect(await drawer.draw(spec())).toMatch(/^<svg/);
  });

  it('loads nothing that a spec names', async () => {
    await using drawer = closing();
    for (const url of ['http://127.0.0.1:1/data.json', 'file:///etc/passwd', '/etc/hostname']) {
      const svg = await drawer.draw(spec(0, { data: { url } })).catch(String);
      expect(svg).not.toMatch(/root:/);
      const image = { mark: { type: 'image', url }, encoding: { x: { field: 'x' }, y: { field: 'y' } } };
      expect(await drawer.draw(spec(2, image)).catch(String)).not.toContain(url);
    }
  });

  it('evaluates no expression as code', async () => {
    await using drawer = closing();
    const transform = [{ calculate: "constructor.constructor('return process')().exit(1)", as: 'z' }];
    // As code it would end the thread.
    expect(await drawer.draw(spec(2, { transform })).catch(String)).toMatch(/^<svg|could not be drawn/);
  });

  it('refuses what takes too long, and draws the next with a new thread', async () => {
    await using drawer = closing({ timeoutMs: 5_000 });
    await drawer.draw(spec());
    const endless = spec(3, { transform: [{ calculate: 'sequence(0, 1e5)', as: 'z' }, { flatten: ['z'] }] });
    await expect(drawer.draw(endless)).rejects.toBeInstanceOf(NotDrawn);
    expect(await drawer.draw(spec())).toMatch(/^<svg/);
  });

  it('draws on after a picture that failed, for longer than it keeps a thread without work', async () => {
    await using drawer = closing({ timeoutMs: 5_000, idleMs: 50 });
    const endless = spec(3, { transform: [{ calculate: 'sequence(0, 1e5)', as: 'z' }, { flatten: ['z'] }] });
    await expect(drawer.draw(endless)).rejects.toBeInstanceOf(NotDrawn);
    drawer.prepare();
    // The new thread is longer loading than 50 ms.
    expect(await drawer.draw(spec())).toMatch(/^<svg/);
    expect(await drawer.draw(spec(2))).toMatch(/^<svg/);
  });

  it('refuses at once when too many wait, and all that wait when it is closed', async () => {
    const drawer = createDrawer({ maxWaiting: 2 });
    const asked = Array.from({ length: 4 }, () => drawer.draw(spec()).catch((error) => error));
    expect(await asked[3]).toBeInstanceOf(NotDrawn);
    const closed = drawer.close();
    for (const one of await Promise.all(asked.slice(0, 3))) expect(one).toBeInstanceOf(NotDrawn);
    await closed;
    await expect(drawer.draw(spec())).rejects.toBeInstanceOf(NotDrawn);
  });

  it('ends its thread when there was nothing to draw for a while, and starts another', async () => {
    await using drawer = closing({ idleMs: 1 });
    const first = await drawer.draw(spec());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await drawer.draw(spec())).toBe(first);
  });
});

function closing(options: Parameters<typeof createDrawer>[0] = {}) {
  const drawer = createDrawer(options);
  return { ...drawer, [Symbol.asyncDispose]: () => drawer.close() };
}
