import { html } from 'hono/html';
import type { FieldError } from '../../kernel/problem.ts';
import type { Html } from './layout.ts';

/** Parts of plain forms: label above, help below it, the error in place and again in a summary at the top. */
export interface FieldOptions {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password' | 'tel' | 'number' | 'url' | 'date';
  value?: string;
  help?: string;
  errors?: readonly FieldError[];
  autocomplete?: string;
  inputmode?: 'numeric' | 'decimal' | 'email' | 'text';
  className?: string;
  maxlength?: number;
  optional?: boolean;
  /** Where typing starts; one for each page. */
  autofocus?: boolean;
}

const errorFor = (name: string, errors: readonly FieldError[] | undefined): string | undefined => errors?.find((error) => error.field === name)?.message;

function frame(field: { name: string; label: string; help?: string; optional?: boolean; errors?: readonly FieldError[] }, control: Html): Html {
  const error = errorFor(field.name, field.errors);
  return html`<div class="field${error ? ' wrong' : ''}"><label for="${field.name}">${field.label}${field.optional ? ' (optional)' : ''}</label>${
    field.help ? html`<p class="help" id="${field.name}-help">${field.help}</p>` : ''
  }${error ? html`<p class="error" id="${field.name}-error">${error}</p>` : ''}${control}</div>`;
}

function describedBy(field: { name: string; help?: string; errors?: readonly FieldError[] }): Html | string {
  const wrong = errorFor(field.name, field.errors) !== undefined;
  const ids = [field.help ? `${field.name}-help` : '', wrong ? `${field.name}-error` : ''].filter(Boolean).join(' ');
  return html`${ids ? html` aria-describedby="${ids}"` : ''}${wrong ? html` aria-invalid="true"` : ''}`;
}

/** One input with its label. The browser's own required-bubbles are left off: our errors say more. */
export function textField(field: FieldOptions): Html {
  return frame(
    field,
    html`<input id="${field.name}" name="${field.name}" type="${field.type ?? 'text'}" value="${field.value ?? ''}" maxlength="${field.maxlength ?? 254}"${
      field.className ? html` class="${field.className}"` : ''
    }${field.autocomplete ? html` autocomplete="${field.autocomplete}"` : ''}${field.inputmode ? html` inputmode="${field.inputmode}"` : ''}${
      field.autofocus ? html` autofocus` : ''
    }${describedBy(field)}${field.optional ? '' : html` required`}>`,
  );
}

export interface SelectOptions {
  name: string;
  label: string;
  value?: string;
  options: readonly { value: string; label: string }[];
  help?: string;
  errors?: readonly FieldError[];
}

export function selectField(field: SelectOptions): Html {
  return frame(
    field,
    html`<select id="${field.name}" name="${field.name}"${describedBy(field)}>${field.options.map(
      (option) => html`<option value="${option.value}"${option.value === field.value ? html` selected` : ''}>${option.label}</option>`,
    )}</select>`,
  );
}

/** What is wrong, first on the page, each with a link to its field. */
export function errorSummary(errors: readonly FieldError[] | undefined): Html | string {
  if (!errors || errors.length === 0) return '';
  return html`<div class="summary" role="alert" aria-labelledby="summary-title"><h2 id="summary-title">There is a problem</h2><ul>${errors.map(
    (error) => html`<li>${error.field ? html`<a href="#${error.field}">${error.message}</a>` : error.message}</li>`,
  )}</ul></div>`;
}

export const submitButton = (label: string): Html => html`<button class="button block" type="submit">${label}</button>`;
