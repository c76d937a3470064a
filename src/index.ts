/** The public API. See docs/api.md. */
export type { Diagnostic, Position } from './model/diagnostic.ts';
export type { AppSpec, Desired, ProcessSpec } from './model/spec.ts';
export type { AppState, State, WorkerView } from './model/state.ts';
export type { NamedPlan, Outcome } from './model/control.ts';
export type { Change, Effect, Prediction } from './model/prediction.ts';
export type { Loaded } from './config/load-ecosystem.ts';
export { load, validate, type Selection } from './supervisor/load.ts';
export { predict as plan } from './plan/predict.ts';
export { AlreadyRunning, InvalidEcosystem, up, type Running, type RunOptions } from './supervisor/run.ts';
export { connectTo as connect } from './control/find.ts';
export { ControlError, type Client } from './control/client.ts';
