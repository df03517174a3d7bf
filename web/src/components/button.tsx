import { Link, type LinkProps } from '@tanstack/react-router';
import { LoaderCircle, type LucideIcon } from 'lucide-react';
import { type ButtonHTMLAttributes, type ReactNode, useId } from 'react';

type Variant = 'primary' | 'secondary' | 'quiet' | 'danger';
type Size = 'regular' | 'small';

const variants: Record<Variant, string> = {
  primary: 'bg-accent-fill text-on-accent border-transparent hover:bg-accent-fill-hover',
  secondary: 'bg-raised text-text border-border-strong/60 hover:bg-sunken aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent',
  quiet: 'bg-transparent text-text border-transparent hover:bg-sunken',
  danger: 'bg-critical-fill text-white border-transparent hover:brightness-90',
};

const sizes: Record<Size, string> = {
  regular: 'h-9 px-3.5 text-body gap-2 max-sm:h-11',
  small: 'h-8 px-2.5 text-table gap-1.5 max-sm:h-10',
};

export function buttonClass(variant: Variant = 'secondary', size: Size = 'regular', extra = ''): string {
  return `inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap select-none transition-colors duration-100 aria-disabled:opacity-55 ${variants[variant]} ${sizes[size]} ${extra}`;
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  variant?: Variant;
  size?: Size;
  icon?: LucideIcon;
  /** Shows a spinner and ignores presses. */
  pending?: boolean;
  /** Why the button cannot be pressed now; the button stays focusable and says it. */
  blockedBecause?: string | undefined;
  children?: ReactNode;
}

/** The one button. It is never silently disabled: `blockedBecause` is said to everyone. */
export function Button(props: ButtonProps) {
  const { variant = 'secondary', size = 'regular', icon: Icon, pending, blockedBecause, className, children, ...rest } = props;
  const reason = useId();
  const blocked = pending || blockedBecause !== undefined;
  return (
    <>
      <button
        type="button"
        {...rest}
        aria-disabled={blocked || undefined}
        aria-describedby={blockedBecause ? reason : rest['aria-describedby']}
        title={blockedBecause ?? rest.title}
        onClick={(event) => {
          if (blocked) event.preventDefault();
          else rest.onClick?.(event);
        }}
        className={buttonClass(variant, size, className)}
      >
        {pending ? <LoaderCircle aria-hidden size={16} className="animate-spin" /> : Icon && <Icon aria-hidden size={16} className="shrink-0" />}
        {children}
      </button>
      {blockedBecause && (
        <span id={reason} className="sr-only">
          {blockedBecause}
        </span>
      )}
    </>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  icon: LucideIcon;
  label: string;
}

/** A square button with an icon; its name is read out and shown on hover. */
export function IconButton({ icon: Icon, label, size = 'regular', variant = 'quiet', className, pending, blockedBecause, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={blockedBecause ?? rest.title ?? label}
      aria-disabled={pending || blockedBecause !== undefined || undefined}
      className={`${buttonClass(variant, size)} aspect-square px-0! ${className ?? ''}`}
    >
      <Icon aria-hidden size={16} />
    </button>
  );
}

interface LinkButtonProps {
  to: LinkProps['to'];
  params?: Record<string, string>;
  search?: Record<string, unknown>;
  variant?: Variant;
  size?: Size;
  icon?: LucideIcon;
  children: ReactNode;
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function LinkButton({ to, params, search, variant = 'secondary', size = 'regular', icon: Icon, children }: LinkButtonProps) {
  return (
    <Link to={to} {...({ params, search } as object)} className={buttonClass(variant, size)}>
      {Icon && <Icon aria-hidden size={16} />}
      {children}
    </Link>
  );
}
