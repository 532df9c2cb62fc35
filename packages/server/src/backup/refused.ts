/** A backup that cannot be taken or restored as asked: the message says why, and what to do. */
export class BackupRefused extends Error {
  override name = 'BackupRefused';
}
