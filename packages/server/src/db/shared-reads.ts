import type Sqlite from 'better-sqlite3';

/** The transaction in which the reads of one turn of the event loop stand. */
export interface SharedReads {
  begin(): void;
  /** What is read next sees everything that is committed by then. */
  end(): void;
}

/**
 * SQLite takes and gives back a lock of the file for each statement that stands alone, which costs as much as finding a row
 * by an index. The reads of a turn share one. Whoever writes ends it first: what was committed is seen by the next read,
 * and nothing keeps the log from being emptied.
 */
export function shareReads(db: Sqlite.Database): SharedReads {
  const [begin, commit] = [db.prepare('begin'), db.prepare('commit')];
  let open = false;
  let ending = false;

  function end(): void {
    if (!open) return;
    open = false;
    if (db.open && db.inTransaction) commit.run();
  }

  return {
    begin() {
      if (open) return;
      begin.run();
      open = true;
      if (ending) return;
      ending = true;
      setImmediate(() => {
        ending = false;
        end();
      });
    },
    end,
  };
}
