/** All that a supervisor does to the world and learns from it, so that a test can be the world. */
import { doorOf, socketOf } from '../control/find.ts';
import type { Loaded } from '../config/load-ecosystem.ts';
import { systemTimers, type Cancel, type Timers } from '../model/clock.ts';
import type { Line } from '../model/notice.ts';
import { plan } from '../plan/plan.ts';
import { SYSTEM, type System } from '../sockets/socket-requests.ts';
import { dropReserve, easeReserve, fillReserve } from '../files/reserve.ts';
import { startWorker, type StartWorker } from '../workers/start-worker.ts';
import type { Reserve } from './executor.ts';
import { load, type Selection } from './load.ts';
import { LoopWatch, type LoopWatchOptions } from './loop-delay.ts';
import { PackageVersions } from './package-version.ts';
import type { Planner } from './plan-around.ts';
import { Processes } from './processes.ts';
import { programsOf, workersOf } from './takeover/left-behind.ts';
import { orphanSystem } from './takeover/orphan-system.ts';
import type { PidFile } from './takeover/pid-file.ts';
import type { OrphanSystem } from './takeover/search.ts';
import { keepStateFiles } from './takeover/state-files.ts';
import { watchSources, type WatchSources } from './triggers/source-watch.ts';
import { watchPlaces, type StartWatch } from './watch.ts';
import { wayTo, type Way } from './way.ts';

export interface Effects {
  readonly timers: Timers;
  readonly plan: Planner;
  /** Forks and spawns, and whatever is done to a process after that. */
  readonly start: StartWorker;
  /** Where workers wait for the next supervisor if this one dies; see `AgentConfig`. */
  readonly rendezvous: string;
  readonly sockets: System;
  readonly reserve: Reserve;
  /** Workers that a dead supervisor has left. */
  readonly orphans: OrphanSystem;
  /** What is to be known of processes should this supervisor die: of programs in fork mode, and of all others. */
  readonly programs: ProcessList;
  readonly workers: ProcessList;
  /** Looks after what is kept of this supervisor's processes, until the returned function is called. */
  readonly keepState: () => Cancel;
  readonly load: () => Promise<Loaded>;
  readonly wayTo: (files: readonly string[]) => Promise<Way>;
  readonly watchPlaces: StartWatch;
  readonly watchSources: WatchSources;
  readonly processes: () => Pick<Processes, 'usage'>;
  readonly versions: Pick<PackageVersions, 'ofAll'>;
  readonly watchLoop: (options: LoopWatchOptions) => Pick<LoopWatch, 'delay' | 'close'>;
}

export type ProcessList = Pick<PidFile, 'add' | 'left' | 'endLeftovers' | 'check' | 'touch' | 'tidy'>;

/** @param say told of what stands in the way */
export function systemEffects(file: string, selection: Selection, say: (line: Line) => void): Effects {
  const rendezvous = doorOf(file);
  const programs = programsOf(file, say);
  const workers = workersOf(file, say);
  return {
    timers: systemTimers,
    plan,
    start: startWorker,
    rendezvous,
    sockets: SYSTEM,
    reserve: { fill: fillReserve, ease: easeReserve, drop: dropReserve },
    orphans: orphanSystem(rendezvous),
    programs,
    workers,
    keepState: () => keepStateFiles(socketOf(file), [programs, workers]),
    load: () => load(file, selection),
    wayTo,
    watchPlaces,
    watchSources,
    processes: () => new Processes(),
    versions: new PackageVersions(),
    watchLoop: (options) => new LoopWatch(options),
  };
}
