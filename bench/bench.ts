/** One line of the table: ours and the limit in one run; the ratio is always written so that higher is better. */
export interface BenchResult {
  name: string;
  ours: number;
  /** Null where nothing stands beside it: the ratio is then goal value against ours. */
  limit: number | null;
  unit: string;
  ratio: number;
  goal: number;
}

export interface BenchOptions {
  /** The size of the big run, 1,000,000 unless told otherwise. */
  rows: number;
  log: (line: string) => void;
}

export interface Bench {
  run(options: BenchOptions): Promise<BenchResult[]>;
}

/** For rates: ours / limit. */
export const rate = (name: string, ours: number, limit: number, unit: string, goal: number): BenchResult => ({
  name,
  ours,
  limit,
  unit,
  ratio: ours / limit,
  goal,
});

/** For times and sizes with a limit measured beside them: limit / ours. */
export const cost = (name: string, ours: number, limit: number, unit: string, goal: number): BenchResult => ({
  name,
  ours,
  limit,
  unit,
  ratio: limit / ours,
  goal,
});

/** For a bound that is a number of its own ("p99 10 ms"): bound / ours, goal 1. */
export const bound = (name: string, ours: number, most: number, unit: string): BenchResult => ({
  name,
  ours,
  limit: most,
  unit,
  ratio: most / Math.max(ours, 1e-9),
  goal: 1,
});

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
};

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
};
