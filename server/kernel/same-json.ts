const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** True for values that differ at most in the order of their keys: jsonb does not keep it. */
export const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** The keys whose values differ. */
export const changedKeys = <T extends object>(before: T, after: T): (keyof T)[] =>
  (Object.keys(after) as (keyof T)[]).filter((key) => !sameJson(before[key], after[key]));
