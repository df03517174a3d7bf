import { useNavigate } from '@tanstack/react-router';
import { useVirtualizer, useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { formatCount } from '../format/money.ts';
import { Button } from './button.tsx';
import { usePhone } from './media.ts';
import { Failure, Skeleton } from './states.tsx';

export interface Column<Row> {
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Pixels. The columns marked `grow` share what is left. */
  width: number;
  grow?: boolean;
  align?: 'end';
  /** The API's name for sorting by this column. */
  sort?: string;
  /** Not shown until chosen. */
  hidden?: boolean;
  /** Cannot be taken away. */
  fixed?: boolean;
  /** Where it stands on a phone; columns without a place are left out there. */
  phone?: 'lead' | 'detail' | 'figure' | 'state';
}

export interface Sort {
  key: string;
  descending: boolean;
}

export interface Selection<Row> {
  rows: ReadonlyMap<string, Row>;
  change: (rows: ReadonlyMap<string, Row>) => void;
}

export interface TableProps<Row> {
  /** Names the table for assistive technology: "Invoices". */
  label: string;
  rows: readonly Row[];
  rowId: (row: Row) => string;
  columns: readonly Column<Row>[];
  /** Where a row leads. */
  href?: (row: Row) => string;
  onOpen?: (row: Row) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  selection?: Selection<Row>;
  loading?: boolean;
  error?: unknown;
  retry?: () => void;
  /** Shown in place of rows when there are none. */
  empty: ReactNode;
  /** More pages. */
  more?: { available: boolean; loading: boolean; load: () => void };
  /** All rows that match, when it is known. */
  total?: number | undefined;
  /** `fill` takes the height that is left on the page; `natural` grows with the rows up to a limit. */
  height?: 'fill' | 'natural';
}

const ROW = 40;
const PHONE_ROW = 68;

/** The list of the product: virtual rows, server-side sorting, selection, keyboard (↑ ↓ j k, Enter, x), cards on a phone. */
export function DataTable<Row>(props: TableProps<Row>) {
  const phone = usePhone();
  if (props.error) {
    return (
      <div className="rounded-lg border border-border bg-raised">
        <Failure error={props.error} {...(props.retry ? { retry: props.retry } : {})} />
      </div>
    );
  }
  if (!props.loading && props.rows.length === 0) return <div className="rounded-lg border border-border bg-raised">{props.empty}</div>;
  return phone ? <PhoneList {...props} /> : <WideTable {...props} />;
}

function useMore(more: TableProps<unknown>['more'], lastIndex: number, count: number): void {
  useEffect(() => {
    if (more?.available && !more.loading && lastIndex >= count - 15) more.load();
  }, [more, lastIndex, count]);
}

function useOpen<Row>({ href, onOpen }: TableProps<Row>): ((row: Row) => void) | undefined {
  const navigate = useNavigate();
  if (onOpen) return onOpen;
  if (href) return (row) => void navigate({ to: href(row) });
  return undefined;
}

function toggled<Row>(selection: Selection<Row>, rows: readonly Row[], rowId: (row: Row) => string, on: boolean): void {
  const next = new Map(selection.rows);
  for (const row of rows) on ? next.set(rowId(row), row) : next.delete(rowId(row));
  selection.change(next);
}

/** How far down the page the element begins: a list that fills the page ends at the window's edge. */
function useTop(element: RefObject<HTMLElement | null>, wanted: boolean): number {
  const [top, setTop] = useState(200);
  useLayoutEffect(() => {
    if (!wanted) return;
    const measure = () => setTop(Math.round((element.current?.getBoundingClientRect().top ?? 200) + scrollY));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element, wanted]);
  return top;
}

function WideTable<Row>(props: TableProps<Row>) {
  const { rows, rowId, columns, selection, more, height = 'natural' } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const lastTicked = useRef<number | null>(null);
  const open = useOpen(props);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollPaddingStart: ROW,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.start ?? 0;
  const last = items.at(-1);
  useMore(more, last?.index ?? 0, rows.length);

  const move = (to: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    setActive(index);
    virtual.scrollToIndex(index);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  };
  const tick = (index: number, range: boolean) => {
    const row = rows[index];
    if (!selection || row === undefined) return;
    const on = !selection.rows.has(rowId(row));
    const from = range && lastTicked.current !== null ? lastTicked.current : index;
    toggled(selection, rows.slice(Math.min(from, index), Math.max(from, index) + 1), rowId, on);
    lastTicked.current = index;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest('input:not([type=checkbox]), textarea, select') || event.metaKey || event.ctrlKey || event.altKey) return;
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 12, PageUp: -12 };
    const step = steps[event.key];
    if (step !== undefined) move(active + step);
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(rows.length - 1);
    else if (event.key === 'Enter' && (event.target as HTMLElement).dataset['index'] !== undefined) {
      const row = rows[active];
      if (row !== undefined) open?.(row);
    } else if (event.key === 'x' && selection) tick(active, event.shiftKey);
    else return;
    event.preventDefault();
  };
  const flexible = columns.filter((column) => column.grow).length;
  const fixedWidth = columns.reduce((sum, column) => sum + column.width, selection ? 44 : 0);
  const top = useTop(scroller, height === 'fill');
  return (
    <div className="flex min-w-0 flex-col overflow-hidden rounded-lg border border-border bg-raised">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the rows inside, which are focusable */}
      <div
        ref={scroller}
        onKeyDown={onKeyDown}
        // without rows nothing inside takes the focus, so nothing may need to be scrolled
        className={`relative ${rows.length > 0 ? 'overflow-auto' : 'overflow-hidden'}`}
        style={{ maxHeight: height === 'fill' ? `max(320px, calc(100dvh - ${top + 68}px))` : 560 }}
      >
        <table
          aria-label={props.label}
          aria-rowcount={props.total ?? (more?.available ? -1 : rows.length + 1)}
          className="w-full table-fixed border-separate border-spacing-0 text-table"
          style={{ minWidth: fixedWidth }}
        >
          <colgroup>
            {selection && <col style={{ width: 44 }} />}
            {columns.map((column) => (
              <col key={column.key} style={column.grow && flexible > 0 ? undefined : { width: column.width }} />
            ))}
          </colgroup>
          <Head {...props} />
          <tbody>
            {props.loading && rows.length === 0 && <SkeletonRows columns={columns.length + (selection ? 1 : 0)} />}
            {first > 0 && (
              <tr aria-hidden>
                <td colSpan={columns.length + (selection ? 1 : 0)} style={{ height: first }} />
              </tr>
            )}
            {items.map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              const ticked = selection?.rows.has(rowId(row)) ?? false;
              return (
                <tr
                  key={rowId(row)}
                  data-index={item.index}
                  aria-rowindex={item.index + 2}
                  aria-selected={selection ? ticked : undefined}
                  tabIndex={item.index === active ? 0 : -1}
                  onFocus={() => setActive(item.index)}
                  onClick={(event) => {
                    if ((event.target as HTMLElement).closest('a, button, input, label') || getSelection()?.toString()) return;
                    open?.(row);
                  }}
                  className={`group h-10 outline-offset-[-2px] ${open ? 'cursor-default hover:bg-sunken/60' : ''} ${ticked ? 'bg-accent-soft' : ''}`}
                >
                  {selection && (
                    <td className="border-b border-border pl-4">
                      <input
                        type="checkbox"
                        checked={ticked}
                        tabIndex={-1}
                        aria-label={`Select row ${item.index + 1}`}
                        onChange={() => undefined}
                        onClick={(event) => tick(item.index, event.shiftKey)}
                        className="block size-4 accent-accent-fill"
                      />
                    </td>
                  )}
                  {columns.map((column) => (
                    <td
                      key={column.key}
                      className={`overflow-hidden border-b border-border px-3 first:pl-4 last:pr-4 ${column.align === 'end' ? 'text-right' : ''} ${column.align === 'end' ? '' : 'text-ellipsis whitespace-nowrap'}`}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
            {last && (
              <tr aria-hidden>
                <td colSpan={columns.length + (selection ? 1 : 0)} style={{ height: Math.max(0, virtual.getTotalSize() - last.end) }} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <Footer {...props} />
    </div>
  );
}

function Head<Row>({ columns, sort, onSort, selection, rows, rowId }: TableProps<Row>) {
  const all = rows.length > 0 && rows.every((row) => selection?.rows.has(rowId(row)));
  const cell = 'sticky top-0 z-10 h-9 border-b border-border bg-raised px-3 text-left text-label font-medium text-muted first:pl-4 last:pr-4';
  return (
    <thead>
      <tr>
        {selection && (
          <th scope="col" className={cell}>
            <input
              type="checkbox"
              aria-label="Select the rows loaded"
              checked={all}
              ref={(element) => {
                if (element) element.indeterminate = !all && selection.rows.size > 0;
              }}
              onChange={() => toggled(selection, rows, rowId, !all)}
              className="block size-4 accent-accent-fill"
            />
          </th>
        )}
        {columns.map((column) => {
          const sorted = sort && column.sort === sort.key;
          const Arrow = sort?.descending ? ArrowDown : ArrowUp;
          return (
            <th
              key={column.key}
              scope="col"
              aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
              className={`${cell} ${column.align === 'end' ? 'text-right' : ''}`}
            >
              {column.sort && onSort ? (
                <button
                  type="button"
                  onClick={() => onSort({ key: column.sort as string, descending: sorted ? !sort.descending : column.align === 'end' })}
                  className={`inline-flex max-w-full items-center gap-1 rounded hover:text-text ${sorted ? 'text-text' : ''}`}
                >
                  <span className="truncate">{column.header}</span>
                  {sorted && <Arrow aria-hidden size={12} strokeWidth={2.5} className="shrink-0" />}
                </button>
              ) : (
                <span className="block truncate">{column.header}</span>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function SkeletonRows({ columns }: { columns: number }) {
  return (
    <>
      {Array.from({ length: 8 }, (_, row) => (
        <tr key={row} className="h-10">
          {Array.from({ length: columns }, (_, column) => (
            <td key={column} className="border-b border-border px-3 first:pl-4 last:pr-4">
              <Skeleton className="h-3.5" />
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}

function Footer<Row>({ rows, total, more, loading, label }: TableProps<Row>) {
  if (loading && rows.length === 0) return null;
  const shown = formatCount(rows.length);
  const words = total !== undefined ? `${shown} of ${formatCount(total)}` : more?.available ? `first ${shown}` : shown;
  return (
    <div aria-live="polite" className="flex items-center justify-between gap-3 border-t border-border px-4 py-2 text-label text-muted">
      <span className="figures">
        {label}: {words}
      </span>
      {more?.available && (
        <Button size="small" variant="quiet" pending={more.loading} onClick={more.load}>
          Load more
        </Button>
      )}
    </div>
  );
}

function PhoneList<Row>(props: TableProps<Row>) {
  const { rows, rowId, columns, selection, more } = props;
  const list = useRef<HTMLUListElement>(null);
  const [offset, setOffset] = useState(0);
  const open = useOpen(props);
  useEffect(() => setOffset(list.current?.offsetTop ?? 0), []);
  const virtual = useWindowVirtualizer({ count: rows.length, estimateSize: () => PHONE_ROW, overscan: 8, scrollMargin: offset });
  const items = virtual.getVirtualItems();
  useMore(more, items.at(-1)?.index ?? 0, rows.length);
  const place = (where: Column<Row>['phone']) => columns.filter((column) => column.phone === where);
  const figures = place('figure');
  return (
    <div className="overflow-hidden rounded-lg border border-border bg-raised">
      {props.loading && rows.length === 0 && (
        <div className="space-y-4 p-4">
          {Array.from({ length: 6 }, (_, index) => (
            <Skeleton key={index} className="h-9" />
          ))}
        </div>
      )}
      <ul ref={list} aria-label={props.label} className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const id = rowId(row);
          return (
            <li
              key={id}
              className="absolute inset-x-0 flex items-center gap-1 border-b border-border px-3"
              style={{ height: PHONE_ROW, top: item.start - offset }}
            >
              {selection && (
                <label className="-ml-1 grid size-11 shrink-0 place-items-center">
                  <input
                    type="checkbox"
                    aria-label={`Select row ${item.index + 1}`}
                    checked={selection.rows.has(id)}
                    onChange={(event) => toggled(selection, [row], rowId, event.target.checked)}
                    className="size-4.5 accent-accent-fill"
                  />
                </label>
              )}
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the link inside is what the keyboard uses */}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
              <div
                className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1"
                onClick={(event) => {
                  if (!(event.target as HTMLElement).closest('a, button, input, label')) open?.(row);
                }}
              >
                <div className="truncate font-medium">
                  {place('lead').map((column) => (
                    <span key={column.key}>{column.cell(row)}</span>
                  ))}
                </div>
                {figures.length > 0 && (
                  <div className="text-right">
                    {figures.map((column) => (
                      <span key={column.key}>{column.cell(row)}</span>
                    ))}
                  </div>
                )}
                <div className="flex min-w-0 gap-1.5 truncate text-table text-muted">
                  {place('detail').map((column) => (
                    <span key={column.key} className="truncate">
                      {column.cell(row)}
                    </span>
                  ))}
                </div>
                <div className={`text-right text-table ${figures.length === 0 ? 'col-start-2 row-span-2 row-start-1' : ''}`}>
                  {place('state').map((column) => (
                    <span key={column.key}>{column.cell(row)}</span>
                  ))}
                </div>
              </div>
            </li>
          );
        })}
      </ul>
      <Footer {...props} />
    </div>
  );
}
