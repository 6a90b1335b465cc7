/** A log of one component; structurally the `Logger` of `@libp2p/interface`. */
export interface Logger {
  (formatter: unknown, ...args: unknown[]): void;
  error(formatter: unknown, ...args: unknown[]): void;
  trace(formatter: unknown, ...args: unknown[]): void;
  enabled: boolean;
}

/** Makes logs by component name; structurally the `ComponentLogger` of `@libp2p/interface`. */
export interface ComponentLogger {
  forComponent(name: string): Logger;
}

/** A value that goes up and down; structurally the `Metric` of `@libp2p/interface`. */
export interface Gauge {
  update(value: number): void;
}

/** A value that only grows; structurally the `Counter` of `@libp2p/interface`. */
export interface Counter {
  increment(value?: number): void;
}

/** Where measurements go; structurally a part of the `Metrics` of `@libp2p/interface`. */
export interface Metrics {
  registerMetric(name: string, options?: { label?: string; help?: string }): Gauge;
  registerCounter(name: string, options?: { label?: string; help?: string }): Counter;
}

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
});

/** The logger where none is given: it drops everything. */
export const silentLogger: ComponentLogger = { forComponent: () => silent };
