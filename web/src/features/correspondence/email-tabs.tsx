import { Tabs } from '../../components/page.tsx';

export function EmailTabs() {
  return (
    <Tabs
      label="E-mails"
      items={[
        { label: 'Sent mail', to: '/emails' },
        { label: 'Templates', to: '/emails/templates', exact: false },
        { label: 'Suppressed addresses', to: '/emails/suppressed' },
      ]}
    />
  );
}
