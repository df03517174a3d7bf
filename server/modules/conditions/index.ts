export { compileCondition, compileRule, compileTree, isAmount, type RuleConditions, selectApart, valueOf } from './compile.ts';
export {
  type Arity,
  arityOf,
  type Box,
  type Combinator,
  type Condition,
  type FieldName,
  fieldNames,
  fields,
  type Group,
  groupSchema,
  leavesOf,
  MAX_CONDITIONS,
  MAX_DAYS,
  MAX_DEPTH,
  type Operator,
  operatorLabels,
  operatorsOf,
  parseCondition,
  type Value,
  type ValueKind,
} from './condition.ts';
export { describe, type Described } from './describe.ts';
