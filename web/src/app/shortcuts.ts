import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { navigation } from './navigation.ts';

const typing = (target: EventTarget | null): boolean => (target as HTMLElement | null)?.closest?.('input, textarea, select, [contenteditable]') != null;

/** ⌘K or Ctrl K, `?`, and `g` followed by a page's letter. */
export function useShortcuts({ openCommand, openHelp }: { openCommand: () => void; openHelp: () => void }): void {
  const navigate = useNavigate();
  const going = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openCommand();
        return;
      }
      if (typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === '?') openHelp();
      else if (event.key === 'g') going.current = event.timeStamp;
      else if (event.timeStamp - going.current < 1200) {
        going.current = 0;
        const page = navigation.find((item) => item.key === event.key);
        if (page) void navigate({ to: page.to });
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [navigate, openCommand, openHelp]);
}
