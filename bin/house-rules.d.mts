export interface HouseRule {
  name: string;
  why: string;
  finds(path: string, text: string): number[];
  example: { path: string; bad: string; good: string };
}
export const houseRules: HouseRule[];
