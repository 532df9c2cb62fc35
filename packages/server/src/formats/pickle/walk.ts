import { Malformed, TooMuch } from '../unreadable.ts';
import { tellGetattr } from './attributes.ts';
import type { Machine } from './machine.ts';
import { OPERATIONS } from './operations.ts';

/** Moves the machine to the next STOP. Throws Malformed where the unpickler would fail, TooMuch at a bound. */
export function walk(m: Machine): void {
  try {
    toStop(m);
  } finally {
    tellGetattr(m);
  }
}

function toStop(m: Machine): void {
  const { reader, work } = m;
  for (;;) {
    const at = reader.position;
    const code = reader.u8();
    const operation = OPERATIONS[code];
    if (!operation) throw new Malformed(`holds 0x${code.toString(16).padStart(2, '0')}, which is no opcode`, at);
    if (++work.opcodes > work.maxOpcodes) throw new TooMuch(`holds more than ${work.maxOpcodes} opcodes`);
    const { frameEnd } = m;
    operation(m);
    // The C unpickler drops what is left of the frame and reads on behind it, pickle.loads reads straight on, and the
    // Python one gives up: what such a file imports depends on who reads it.
    if (at < frameEnd && reader.position > frameEnd && m.frameEnd === frameEnd) {
      m.find('unsafe', 'pickle.frame', 'crosses the end of a frame inside an opcode, where readers part');
    }
    if (m.result !== undefined) break;
  }
  if (m.frameEnd > reader.position) m.find('malformed', 'pickle.frame', 'stops inside a frame');
}
