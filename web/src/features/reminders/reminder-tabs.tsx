import { Tabs } from '../../components/page.tsx';

export function ReminderTabs() {
  return (
    <Tabs
      label="Invoice reminders"
      items={[
        { label: 'Rules', to: '/reminders' },
        { label: 'Cadences', to: '/reminders/cadences' },
        { label: 'Letters', to: '/reminders/letters' },
        { label: 'Next 14 days', to: '/reminders/upcoming' },
        { label: 'Runs', to: '/reminders/runs' },
        { label: 'Why', to: '/reminders/why' },
        { label: 'Back-test', to: '/reminders/backtests', exact: false },
      ]}
    />
  );
}
