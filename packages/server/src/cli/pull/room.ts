import { freeOn } from '../../blobs/files.ts';
import { formatSize } from '../../config/sizes.ts';
import { fault } from '../exit.ts';

/** Rather now than after an hour. Parts that are there already count as room, which errs on the hopeful side. */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const free = await freeOn(folder);
  if (bytes > free) throw fault(`${folder} has ${formatSize(free)} free, and ${formatSize(bytes)} are to be fetched.`);
}
