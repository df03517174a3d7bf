import { BellRing, CreditCard, FileText, FileSpreadsheet, LayoutDashboard, ListChecks, Mail, Settings, Users } from 'lucide-react';

/** The pages of the side navigation, with the letter that goes there after `g`. */
export const navigation = [
  { label: 'Dashboard', to: '/', icon: LayoutDashboard, key: 'd', exact: true },
  { label: 'Invoices', to: '/invoices', icon: FileText, key: 'i' },
  { label: 'Customers', to: '/customers', icon: Users, key: 'c' },
  { label: 'Tasks', to: '/tasks', icon: ListChecks, key: 't' },
  { label: 'Invoice reminders', to: '/reminders', icon: BellRing, key: 'r' },
  { label: 'Statements', to: '/statements', icon: FileSpreadsheet, key: 'm' },
  { label: 'Payments', to: '/payments', icon: CreditCard, key: 'p' },
  { label: 'E-mails', to: '/emails', icon: Mail, key: 'e' },
  { label: 'Settings', to: '/settings', icon: Settings, key: 's' },
] as const;
