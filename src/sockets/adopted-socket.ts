/** A socket that was bound by a supervisor which has died since, and handed on by an orphan. */
import type { SocketQuery } from '../model/protocol.ts';
import type { BoundSocket } from './bound-socket.ts';
import { keepName, type KeptName } from './kept-name.ts';
import { fileAt, removeSocket, socketFile, type SocketFile } from './socket-file.ts';

/** libuv removes the file of a unix socket only for whoever has bound it. */
export function adopted(handle: BoundSocket, { address, port }: SocketQuery): BoundSocket {
  if (port >= 0 || address === null) return handle;
  const kept = keptAt(address);
  const file = fileAt(address);
  const close = handle.close.bind(handle);
  handle.restore = () => kept?.restore();
  handle.close = () => {
    kept?.release();
    if (file !== null) removeSocket(address, file);
    close();
  };
  return handle;
}

/** Null where its folder is gone, or may be anybody's. */
function keptAt(address: string): KeptName | null {
  let place: SocketFile;
  try {
    place = socketFile(address);
  } catch {
    return null;
  }
  const { restore, release } = keepName(place.path);
  return {
    restore,
    release: () => {
      release();
      place.release();
    },
  };
}
