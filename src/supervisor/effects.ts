/** All that a supervisor does to the world and learns from it, so that a test can be the world. */
import { rendezvousOf, socketOf } from '../control/find.ts';
import type { Loaded } from '../config/load-ecosystem.ts';
import { systemTimers, type Cancel, type Timers } from '../model/clock.ts';
import type { ShellEnvironment } from '../model/inherited.ts';
import type { Line } from '../model/notice.ts';
import type { OnDisk } from '../model/state.ts';
import { plan } from '../plan/plan.ts';
import { portOfOneOf } from '../sockets/port-holder.ts';
import { takenBy } from '../sockets/port-owner.ts';
import { SYSTEM, type System } from '../sockets/socket-requests.ts';
import { dropReserve, easeReserve, fillReserve } from '../files/reserve.ts';
import { Releases } from '../releases/releases.ts';
import { releasesFolder } from '../releases/root-folder.ts';
import { watchPlaces, type StartWatch } from '../watchers/file/watch.ts';
import { wayTo, type Way } from '../watchers/file/way.ts';
import type { PortOfTree } from '../watchers/health/listen-watch.ts';
import { LoopWatch, type LoopWatchOptions } from '../watchers/loop-delay.ts';
import { Processes } from '../watchers/processes.ts';
import { watchSources, type WatchSources } from '../watchers/sources/source-watch.ts';
import { processes } from '../workers/proc.ts';
import { keepAgent } from '../workers/cluster-worker.ts';
import { runnerOf, type Owner } from '../workers/mark.ts';
import { startWorker, type StartWorker } from '../workers/start-worker.ts';
import { descendants } from '../workers/tree.ts';
import { identifiedLoaded, type LookAtCode } from './code-now.ts';
import type { Reserve } from './executor.ts';
import { load, type ReleaseOf, type Selection } from './load.ts';
import { onDisk } from './on-disk.ts';
import { PackageVersions } from './package-version.ts';
import type { Planner } from './plan-around.ts';
import type { IntentFile } from './takeover/intent-file.ts';
import { intentsOf, programsOf, waitingPlaces, workersOf } from './takeover/left-behind.ts';
import { orphanSystem } from './takeover/orphan-system.ts';
import type { PidFile } from './takeover/pid-file.ts';
import type { OrphanSystem } from './takeover/search.ts';
import { keepStateFiles } from './takeover/state-files.ts';

export interface Effects {
  readonly timers: Timers;
  readonly plan: Planner;
  /** Forks and spawns, and whatever is done to a process after that. */
  readonly start: StartWorker;
  /** Whose processes they are, as they are marked. */
  readonly owner: Owner;
  readonly sockets: System;
  readonly reserve: Reserve;
  /** Workers that a dead supervisor has left. */
  readonly orphans: OrphanSystem;
  /** What is to be known of processes should this supervisor die: of programs in fork mode, and of all others. */
  readonly programs: ProcessList;
  readonly workers: ProcessList;
  /** What was asked for by hand, likewise; `drop` is for an orderly end. */
  readonly intents: Pick<IntentFile, 'read' | 'keep' | 'drop'>;
  /** Looks after what is kept for the next supervisor, until the returned function is called. */
  readonly keepState: () => Cancel;
  /** What we run of and is no longer on disk as it was. */
  readonly onDisk: () => OnDisk | null;
  /** Of the code that is there then; in our own environment, unless another one is given. */
  readonly load: (environment?: ShellEnvironment, releaseOf?: ReleaseOf) => Promise<Loaded>;
  /** Of the apps that have a `source`. */
  readonly releases: Pick<Releases, 'resolve' | 'prepare' | 'list' | 'find' | 'folderFor' | 'prune'>;
  readonly lookAtCode: LookAtCode;
  readonly wayTo: (files: readonly string[]) => Promise<Way>;
  readonly watchPlaces: StartWatch;
  readonly watchSources: WatchSources;
  readonly processes: () => Pick<Processes, 'usage'>;
  readonly portOfTree: PortOfTree;
  readonly versions: Pick<PackageVersions, 'ofAll'>;
  readonly watchLoop: (options: LoopWatchOptions) => Pick<LoopWatch, 'delay' | 'close'>;
}

export type ProcessList = Pick<PidFile, 'add' | 'left' | 'endLeftovers' | 'check' | 'touch' | 'tidy'>;

/** @param say told of what stands in the way */
export function systemEffects(
  file: string,
  selection: Selection,
  lookAtCode: LookAtCode,
  say: (line: Line) => void,
): Effects {
  keepAgent();
  const rendezvous = rendezvousOf(file);
  const programs = programsOf(file, say);
  const workers = workersOf(file, say);
  const intents = intentsOf(file, say);
  return {
    timers: systemTimers,
    plan,
    start: startWorker,
    owner: { file, rendezvous },
    sockets: {
      ...SYSTEM,
      takenBy: (app, query, workerOf) => takenBy(app, query, workerOf, runnerOf),
    },
    reserve: { fill: fillReserve, ease: easeReserve, drop: dropReserve },
    orphans: orphanSystem(() => waitingPlaces(file)),
    programs,
    workers,
    intents,
    keepState: () => keepStateFiles(socketOf(file), [programs, workers, intents]),
    onDisk: onDisk(),
    load: async (environment, releaseOf) =>
      identifiedLoaded(await load(file, selection, 'error', environment, releaseOf), lookAtCode),
    releases: new Releases({ root: releasesFolder(file), env: process.env, now: Date.now }),
    lookAtCode,
    wayTo,
    watchPlaces,
    watchSources,
    processes: () => new Processes(),
    portOfTree: (pid, isMeant) => portOfOneOf(() => descendants(pid, processes()), isMeant),
    versions: new PackageVersions(),
    watchLoop: (options) => new LoopWatch(options),
  };
}
