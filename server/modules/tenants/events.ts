import type { DomainEvent } from '../../platform/context.ts';
import type { Change, CompanyProfile } from './settings.ts';

export const tenantCreated = (tenantId: string, company: CompanyProfile): DomainEvent => ({
  type: 'tenant.created',
  subjectType: 'tenant',
  subjectId: tenantId,
  data: { ...company },
});

export const settingsChanged = (tenantId: string, changes: readonly Change[]): DomainEvent => ({
  type: 'settings.changed',
  subjectType: 'tenant',
  subjectId: tenantId,
  data: {
    before: Object.fromEntries(changes.map((change) => [change.field, change.before])),
    after: Object.fromEntries(changes.map((change) => [change.field, change.after])),
  },
});

/** Only that it changed: what it is stays secret. */
export const secretChanged = (tenantId: string, name: string, wasSet: boolean, isSet: boolean): DomainEvent => ({
  type: 'secret.changed',
  subjectType: 'tenant',
  subjectId: tenantId,
  data: { name, before: wasSet ? 'set' : 'not set', after: isSet ? 'set anew' : 'not set' },
});

export const holidayAdded = (tenantId: string, day: Temporal.PlainDate, name: string): DomainEvent => ({
  type: 'holiday.added',
  subjectType: 'tenant',
  subjectId: tenantId,
  data: { day: day.toString(), after: { name } },
});

export const holidayRemoved = (tenantId: string, day: Temporal.PlainDate, name: string): DomainEvent => ({
  type: 'holiday.removed',
  subjectType: 'tenant',
  subjectId: tenantId,
  data: { day: day.toString(), before: { name } },
});
