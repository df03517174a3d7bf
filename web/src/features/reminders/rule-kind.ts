import type { QueryKey } from '@tanstack/react-query';
import {
  addSample,
  duplicateRule,
  readSamples,
  readVersions,
  removeRule,
  restoreVersion,
  type Rule,
  ruleQuery,
  rulesQuery,
  switchRule,
} from '../../api/reminders.ts';
import type { Session } from '../../api/session.ts';

/** What rules of reminders and of statements have in common. */
export interface SavedRule {
  id: string;
  name: string;
  sentence: string;
  templateId: string;
  templateName: string;
  active: boolean;
  version: number;
  lastRunOn: string | null;
  nextRunOn: string | null;
}

export interface SavedVersion {
  version: number;
  name: string;
  sentence: string;
  active: boolean;
  savedBy: string;
  savedAt: string;
}

/** A rule that can be added with one press. */
export interface SampleRule {
  key: string;
  name: string;
  kind: 'sample' | 'default';
  categories: string[];
}

/** What the list, the form's actions and the versions need to know of a kind of rules. */
export interface RuleKind<R extends SavedRule> {
  list: string;
  /** Below it is each rule's page. */
  pages: string;
  permission: Session['permissions'][number];
  listKey: QueryKey;
  ruleKey: (id: string) => QueryKey;
  /** Names of what is asked anew after a change. */
  refreshed: readonly string[];
  switch: (id: string, active: boolean) => Promise<R>;
  duplicate: (id: string) => Promise<R>;
  remove: (id: string) => Promise<unknown>;
  versions: (id: string) => Promise<readonly SavedVersion[]>;
  restore: (id: string, version: number) => Promise<R>;
  samples: () => Promise<readonly SampleRule[]>;
  addSample: (key: string) => Promise<R>;
  /** What deleting one means. */
  deleting: string;
  versionsLead: string;
}

export const reminderRules: RuleKind<Rule> = {
  list: '/reminders',
  pages: '/reminders/rules',
  permission: 'reminders.write',
  listKey: rulesQuery.queryKey,
  ruleKey: (id) => ruleQuery(id).queryKey,
  refreshed: ['rules', 'upcoming', 'rule-versions', 'reminder-health'],
  switch: switchRule,
  duplicate: duplicateRule,
  remove: removeRule,
  versions: readVersions,
  restore: restoreVersion,
  samples: readSamples,
  addSample,
  deleting: 'It leaves the list and reminds nobody any more. What it decided stays on record. To stop it for a while, switch it off instead.',
  versionsLead: 'Each decision names the version that made it.',
};
