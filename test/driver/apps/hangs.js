// Is stuck before it listens, and does not even hear a signal.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
