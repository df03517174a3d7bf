import { Tabs } from '../../components/page.tsx';

export function EmailTabs() {
  return (
    <Tabs
      label="E-mails"
      items={[
        { label: 'Sent', to: '/emails' },
        { label: 'Inbox', to: '/emails/inbox', exact: false },
        { label: 'Templates', to: '/emails/templates', exact: false },
        { label: 'Suppressed', to: '/emails/suppressed' },
      ]}
    />
  );
}
