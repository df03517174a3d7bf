import { Link, Outlet } from '@tanstack/react-router';
import { Keyboard, LogOut, Menu as MenuIcon, Monitor, Moon, Search, Sun, UserRound } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { signOut, useSession } from '../api/session.ts';
import { IconButton } from '../components/button.tsx';
import { Kbd } from '../components/page.tsx';
import { Toasts } from '../components/toast.tsx';
import { navigation } from './navigation.ts';
import { applyTheme, storedTheme, type Theme } from './theme.ts';
import { useShortcuts } from './shortcuts.ts';

// what opens over the page is fetched when the page is there, so that the first paint does not wait for it
const loadCommandMenu = () => import('./command-menu.tsx');
const CommandMenu = lazy(loadCommandMenu);
const KeyboardHelp = lazy(() => import('./keyboard-help.tsx'));
const NavDrawer = lazy(() => import('./nav-drawer.tsx'));

/** True from the first time on that it was true: what was opened once stays mounted and closes by itself. */
function useOnce(open: boolean): boolean {
  const [once, setOnce] = useState(open);
  if (open && !once) setOnce(true);
  return once || open;
}

/** Side navigation, ⌘K, and the page. On a phone the navigation is behind a button. */
export function Shell() {
  const [commandOpen, setCommandOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const [navOpen, setNavOpen] = useState(false);
  const [commandOnce, helpOnce, navOnce] = [useOnce(commandOpen), useOnce(helpOpen), useOnce(navOpen)];
  useEffect(() => {
    const timer = setTimeout(() => void loadCommandMenu(), 1500);
    return () => clearTimeout(timer);
  }, []);
  useShortcuts({ openCommand: () => setCommandOpen(true), openHelp: () => setHelpOpen(true) });
  return (
    <div className="min-h-dvh lg:pl-[232px]">
      <a href="#content" className="sr-only z-60 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to the content
      </a>
      <aside className="fixed inset-y-0 left-0 z-30 hidden w-[232px] border-r border-border bg-surface lg:block">
        <SideNavigation openCommand={() => setCommandOpen(true)} openHelp={() => setHelpOpen(true)} />
      </aside>
      <header className="sticky top-0 z-30 flex h-13 items-center gap-1 border-b border-border bg-surface px-2 lg:hidden">
        <IconButton icon={MenuIcon} label="Open the navigation" onClick={() => setNavOpen(true)} />
        <CompanyName className="flex-1" />
        <IconButton icon={Search} label="Search" onClick={() => setCommandOpen(true)} />
      </header>
      <main id="content" tabIndex={-1} className="outline-none">
        <Outlet />
      </main>
      <Suspense>
        {commandOnce && <CommandMenu open={commandOpen} onClose={() => setCommandOpen(false)} />}
        {helpOnce && <KeyboardHelp open={helpOpen} onClose={() => setHelpOpen(false)} />}
        {navOnce && (
          <NavDrawer open={navOpen} onClose={() => setNavOpen(false)}>
            <SideNavigation
              openCommand={() => {
                setNavOpen(false);
                setCommandOpen(true);
              }}
              openHelp={() => {
                setNavOpen(false);
                setHelpOpen(true);
              }}
              onNavigate={() => setNavOpen(false)}
            />
          </NavDrawer>
        )}
      </Suspense>
      <Toasts />
    </div>
  );
}

function CompanyName({ className = '' }: { className?: string }) {
  const { tenant } = useSession();
  return (
    <span className={`flex min-w-0 items-center gap-2 ${className}`}>
      <span aria-hidden className="grid size-6 shrink-0 place-items-center rounded-md bg-accent-fill text-label font-semibold text-on-accent">
        {[...tenant.name][0]?.toUpperCase()}
      </span>
      <span className="truncate font-semibold" title={tenant.name}>
        {tenant.name}
      </span>
    </span>
  );
}

function SideNavigation({ openCommand, openHelp, onNavigate }: { openCommand: () => void; openHelp: () => void; onNavigate?: () => void }) {
  return (
    <div className="flex h-full flex-col p-3">
      <CompanyName className="h-9 px-1.5" />
      <button
        type="button"
        onClick={openCommand}
        className="mt-2 flex h-8 items-center gap-2 rounded-md border border-border bg-raised px-2 text-table text-muted hover:border-border-strong max-lg:h-11"
      >
        <Search aria-hidden size={14} />
        <span className="flex-1 text-left">Search</span>
        <Kbd>⌘K</Kbd>
      </button>
      <nav aria-label="Main" className="mt-3 flex-1 overflow-y-auto">
        <ul className="space-y-0.5">
          {navigation.map((item) => (
            <li key={item.to}>
              <Link
                to={item.to}
                onClick={onNavigate}
                activeOptions={{ exact: 'exact' in item, includeSearch: false }}
                className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted outline-offset-[-2px] hover:bg-sunken hover:text-text max-lg:h-11"
                activeProps={{ className: 'bg-sunken font-medium text-text!', 'aria-current': 'page' }}
              >
                <item.icon aria-hidden size={16} className="shrink-0" />
                {item.label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Person openHelp={openHelp} />
    </div>
  );
}

const themeChoices: readonly { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
  { theme: 'system', label: 'As the system', icon: Monitor },
];

function Person({ openHelp }: { openHelp: () => void }) {
  const { user } = useSession();
  const [theme, setTheme] = useState(storedTheme);
  return (
    <div className="space-y-2 border-t border-border pt-3">
      <div role="group" aria-label="Theme" className="flex rounded-md bg-sunken p-0.5">
        {themeChoices.map((choice) => (
          <button
            key={choice.theme}
            type="button"
            aria-pressed={theme === choice.theme}
            title={choice.label}
            aria-label={choice.label}
            onClick={() => {
              applyTheme(choice.theme);
              setTheme(choice.theme);
            }}
            className="grid h-7 flex-1 place-items-center rounded text-muted aria-pressed:bg-raised aria-pressed:text-text aria-pressed:shadow-raised max-lg:h-10"
          >
            <choice.icon aria-hidden size={14} />
          </button>
        ))}
      </div>
      <div className="flex items-center gap-0.5">
        <Link
          to="/settings/security"
          title="Your name, password and sessions"
          className="flex h-10 min-w-0 flex-1 items-center gap-2.5 rounded-md px-1.5 hover:bg-sunken"
        >
          <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-sunken text-muted">
            <UserRound size={15} />
          </span>
          <span className="min-w-0 flex-1 leading-4">
            <span className="block truncate text-table font-medium">{user.name}</span>
            <span className="block truncate text-label text-muted capitalize">{user.role}</span>
          </span>
        </Link>
        <IconButton icon={Keyboard} size="small" label="Keyboard shortcuts" onClick={openHelp} />
        <IconButton icon={LogOut} size="small" label="Sign out" onClick={() => void signOut()} />
      </div>
    </div>
  );
}
