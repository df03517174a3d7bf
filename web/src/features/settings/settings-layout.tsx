import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

const groups = [
  {
    title: 'Company',
    items: [
      { label: 'Company and branding', to: '/settings' },
      { label: 'Mail server', to: '/settings/mail' },
      { label: 'Inbox', to: '/settings/inbox' },
      { label: 'Reminders', to: '/settings/reminders' },
      { label: 'Business calendar', to: '/settings/calendar' },
      { label: 'Statements', to: '/settings/statements' },
      { label: 'Imports', to: '/settings/imports' },
      { label: 'Payments', to: '/settings/payments' },
    ],
  },
  {
    title: 'Access',
    items: [
      { label: 'Users and roles', to: '/settings/users' },
      { label: 'API keys', to: '/settings/api-keys' },
      { label: 'Password and sessions', to: '/settings/security' },
      { label: 'Audit log', to: '/settings/audit' },
    ],
  },
] as const;

/** Settings have their own list beside the page; on a phone it is a row that scrolls. */
export function SettingsLayout() {
  const { pathname } = useLocation();
  const list = useRef<HTMLElement>(null);
  useEffect(() => list.current?.querySelector(`a[href$="${pathname.replace(/\/$/, '')}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' }), [pathname]);
  return (
    <div className="mx-auto w-full max-w-[1180px] lg:grid lg:grid-cols-[208px_minmax(0,1fr)]">
      <nav ref={list} aria-label="Settings" className="lg:sticky lg:top-0 lg:self-start lg:py-6 lg:pl-6">
        <div className="flex gap-1 overflow-x-auto border-b border-border px-3 py-2 [scrollbar-width:none] lg:block lg:space-y-5 lg:border-0 lg:p-0">
          {groups.map((group) => (
            <div key={group.title} className="contents lg:block">
              <p className="hidden px-2 pb-1 text-label font-medium text-muted lg:block">{group.title}</p>
              <ul className="flex gap-1 lg:block lg:space-y-0.5">
                {group.items.map((item) => (
                  <li key={item.to}>
                    <Link
                      to={item.to}
                      activeOptions={{ exact: true }}
                      className="flex h-8 items-center rounded-md px-2 whitespace-nowrap text-muted outline-offset-[-2px] hover:bg-sunken hover:text-text max-lg:h-10"
                      activeProps={{ className: 'bg-sunken font-medium text-text!', 'aria-current': 'page' }}
                    >
                      {item.label}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      </nav>
      <div className="min-w-0">
        <Outlet />
      </div>
    </div>
  );
}
