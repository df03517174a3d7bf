import type { ReactNode } from 'react';
import { CheckField, RadioField, SelectField, TextField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { wholeNumber } from './policy-pages.tsx';
import { SettingsForm } from './settings-form.tsx';

const hours = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${String(hour).padStart(2, '0')}:00` }));

/** When the reminders go out, how they are put together, what caps and holds them, and what stops a run. */
export function RemindersPolicyPage() {
  return (
    <Page title="Reminders" width="narrow" lead="These hold for every rule and every cadence; none of them can pass a cap or a hold.">
      <div className="space-y-5">
        <DailyRun />
        <Caps />
        <Holds />
        <Brake />
        <Heartbeat />
      </div>
    </Page>
  );
}

function DailyRun() {
  return (
    <SettingsForm
      title="Daily run"
      lead="The active rules are asked once a day, at this hour of the company’s time zone. A rule can have an hour of its own."
      read={({ reminders }) => ({ hour: String(reminders.hour), catchUpDays: String(reminders.catchUpDays), grouping: reminders.grouping })}
      write={(draft) => {
        const catchUpDays = wholeNumber(draft.catchUpDays, 0, 31);
        return catchUpDays === null
          ? 'Days to catch up: write a whole number from 0 to 31.'
          : { reminders: { hour: Number(draft.hour), catchUpDays, grouping: draft.grouping } };
      }}
    >
      {({ draft, set, error }) => (
        <>
          <SelectField
            label="Hour of the run"
            className="[&>select]:max-w-44"
            value={draft.hour}
            error={error('reminders.hour')}
            onChange={(hour) => set({ hour })}
            choices={hours}
          />
          <Whole
            label="Days to catch up"
            suffix="days"
            help="When a run was missed, its reminders still go out within this many days. Later ones are recorded as missed."
            value={draft.catchUpDays}
            error={error('reminders.catchUpDays')}
            onChange={(catchUpDays) => set({ catchUpDays })}
          />
          <RadioField
            label="When several rules match a customer on one day"
            value={draft.grouping}
            onChange={(grouping) => set({ grouping: grouping as typeof draft.grouping })}
            choices={[
              {
                value: 'merged',
                label: 'Send one message with all the invoices',
                help: 'The template of the rule with the most overdue invoice is used; of two, the upper one in the list.',
              },
              { value: 'per_rule', label: 'Send one message for each rule', help: 'A customer may get several messages on a day.' },
            ]}
          />
        </>
      )}
    </SettingsForm>
  );
}

/** How often a customer is written to at most. */
function Caps() {
  return (
    <SettingsForm
      title="Caps"
      lead="How often one customer is written to. Reminders, statements and reminders sent by hand count."
      read={({ reminders }) => ({
        minContactDays: String(reminders.minContactDays),
        capped: reminders.weeklyCap !== null,
        weeklyCap: String(reminders.weeklyCap ?? 5),
      })}
      write={(draft) => {
        const minContactDays = wholeNumber(draft.minContactDays, 0, 60);
        const weeklyCap = draft.capped ? wholeNumber(draft.weeklyCap, 1, 50) : null;
        if (minContactDays === null) return 'Days from one message to the next: write a whole number from 0 to 60.';
        return draft.capped && weeklyCap === null ? 'Messages in 7 days: write a whole number from 1 to 50.' : { reminders: { minContactDays, weeklyCap } };
      }}
    >
      {({ draft, set, error }) => (
        <>
          <Whole
            label="From one message to the next"
            suffix="days"
            help="1: no second message on the same day. 0: no such wait."
            value={draft.minContactDays}
            error={error('reminders.minContactDays')}
            onChange={(minContactDays) => set({ minContactDays })}
          />
          <CheckField
            label="Limit the messages to one address in 7 days"
            help="A reminder that the limit holds back goes out when the week allows it again. Copies are not counted."
            checked={draft.capped}
            onChange={(capped) => set({ capped })}
          />
          {draft.capped && (
            <Whole
              label="At most"
              suffix="in 7 days"
              value={draft.weeklyCap}
              error={error('reminders.weeklyCap')}
              onChange={(weeklyCap) => set({ weeklyCap })}
            />
          )}
        </>
      )}
    </SettingsForm>
  );
}

/** What holds every reminder back, whatever a rule says. */
function Holds() {
  return (
    <SettingsForm
      title="Holds"
      lead="Disputes, promises, payments under way, paused customers and bounced addresses always hold a reminder back. These are yours to choose."
      read={({ reminders, collections }) => ({
        quietDays: reminders.quietDays,
        fresh: reminders.freshnessHours !== null,
        freshnessHours: String(reminders.freshnessHours ?? 72),
        claimedPaidDays: String(reminders.claimedPaidDays),
        promiseGraceDays: String(collections.promiseGraceDays),
      })}
      write={(draft) => {
        const freshnessHours = draft.fresh ? wholeNumber(draft.freshnessHours, 1, 8760) : null;
        const claimedPaidDays = wholeNumber(draft.claimedPaidDays, 1, 90);
        const promiseGraceDays = wholeNumber(draft.promiseGraceDays, 0, 60);
        if (draft.fresh && freshnessHours === null) return 'Age of the data: write a whole number of hours from 1 to 8760.';
        if (promiseGraceDays === null) return 'Days of grace of a promise: write a whole number from 0 to 60.';
        return claimedPaidDays === null
          ? 'Days of “I already paid”: write a whole number from 1 to 90.'
          : { reminders: { quietDays: draft.quietDays, freshnessHours, claimedPaidDays }, collections: { promiseGraceDays } };
      }}
    >
      {({ draft, set, error }) => (
        <>
          <CheckField
            label="Send nothing on weekends and holidays"
            help="Reminders of such a day wait for the next business day. The days are in the business calendar."
            checked={draft.quietDays}
            onChange={(quietDays) => set({ quietDays })}
          />
          <CheckField
            label="Send nothing when the data is old"
            help="So that nobody is reminded of an invoice that was paid since the last upload."
            checked={draft.fresh}
            onChange={(fresh) => set({ fresh })}
          />
          {draft.fresh && (
            <Whole
              label="Last good upload at most"
              suffix="hours ago"
              value={draft.freshnessHours}
              error={error('reminders.freshnessHours')}
              onChange={(freshnessHours) => set({ freshnessHours })}
            />
          )}
          <Whole
            label="When a payer says “I already paid”, wait"
            suffix="days"
            help="Then the invoice is reminded of again if no payment has come in."
            value={draft.claimedPaidDays}
            error={error('reminders.claimedPaidDays')}
            onChange={(claimedPaidDays) => set({ claimedPaidDays })}
          />
          <Whole
            label="Days of grace of a promise to pay"
            suffix="days"
            help="When the money has not come in by then, the promise is broken: reminders go on, and a task opens."
            value={draft.promiseGraceDays}
            error={error('collections.promiseGraceDays')}
            onChange={(promiseGraceDays) => set({ promiseGraceDays })}
          />
        </>
      )}
    </SettingsForm>
  );
}

/** A run much larger than usual waits for a person. */
function Brake() {
  return (
    <SettingsForm
      title="Brake"
      lead="A run much larger than usual waits until somebody approves it, so that a wrong upload or rule does not reach every customer."
      read={({ reminders }) => ({ brakeFactor: String(reminders.brakeFactor), brakeMinimum: String(reminders.brakeMinimum) })}
      write={(draft) => {
        const brakeFactor = /^\d{1,3}(\.\d{1,2})?$/.test(draft.brakeFactor.trim()) ? Number(draft.brakeFactor) : 0;
        const brakeMinimum = wholeNumber(draft.brakeMinimum, 0, 99999);
        if (brakeFactor < 1 || brakeFactor > 100) return 'Times the usual: write a number from 1 to 100, such as 3 or 2.5.';
        return brakeMinimum === null ? 'Mails that never wait: write a whole number from 0 to 99999.' : { reminders: { brakeFactor, brakeMinimum } };
      }}
    >
      {({ draft, set, error }) => (
        <>
          <TextField
            label="A run waits when it is more than"
            className="[&>.relative]:max-w-44"
            suffix="× usual"
            inputMode="decimal"
            help="Usual is the middle one of the last 20 runs. A run that is no larger than the largest of the last five weeks goes by itself."
            value={draft.brakeFactor}
            error={error('reminders.brakeFactor')}
            onChange={(brakeFactor) => set({ brakeFactor })}
          />
          <Whole
            label="and has more than"
            suffix="mails"
            help="Smaller runs never wait."
            value={draft.brakeMinimum}
            error={error('reminders.brakeMinimum')}
            onChange={(brakeMinimum) => set({ brakeMinimum })}
          />
        </>
      )}
    </SettingsForm>
  );
}

/** When somebody is told that a run did not happen or did not get through. */
function Heartbeat() {
  return (
    <SettingsForm
      title="Alarm"
      lead="When a run did not begin or its mails did not leave, the dashboard says so and administrators get a mail."
      read={({ reminders }) => ({ alarmAfterHours: String(reminders.alarmAfterHours) })}
      write={(draft) => {
        const alarmAfterHours = wholeNumber(draft.alarmAfterHours, 1, 72);
        return alarmAfterHours === null ? 'Alarm after: write a whole number of hours from 1 to 72.' : { reminders: { alarmAfterHours } };
      }}
    >
      {({ draft, set, error }) => (
        <Whole
          label="Alarm after"
          suffix="hours"
          value={draft.alarmAfterHours}
          error={error('reminders.alarmAfterHours')}
          onChange={(alarmAfterHours) => set({ alarmAfterHours })}
        />
      )}
    </SettingsForm>
  );
}

interface WholeProps {
  label: string;
  suffix: string;
  help?: ReactNode;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** A small whole number with its unit. */
const Whole = (props: WholeProps) => <TextField className="[&>.relative]:max-w-44" inputMode="numeric" {...props} />;
