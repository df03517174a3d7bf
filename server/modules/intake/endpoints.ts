import { z } from 'zod';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { flagSchema } from '../../platform/http/schemas.ts';
import { receiveUpload } from './commands/receive.ts';
import { exportPayments } from './export-endpoints.ts';
import { importEndpoints } from './import-endpoints.ts';
import { customerRowSchema, invoiceRowSchema } from './row-schemas.ts';

const noteSchema = z.object({ field: z.string(), code: z.string(), message: z.string() });

export const uploadAnswerSchema = z
  .object({
    success: z.boolean().meta({ description: 'False when rows were sent and none was accepted' }),
    uploadId: z.string(),
    received: z.number().int(),
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    failed: z.number().int(),
    closed: z.number().int().meta({ description: 'Documents that a snapshot did not name' }),
    warnings: z.array(noteSchema),
    results: z
      .array(
        z.object({
          index: z.number().int(),
          key: z.string(),
          id: z.string().optional(),
          status: z.enum(['created', 'updated', 'unchanged', 'error']),
          errors: z.array(noteSchema).optional(),
          warnings: z.array(noteSchema).optional(),
        }),
      )
      .meta({ description: 'Every row up to 10,000; above, only rows with errors or warnings unless results=all' }),
  })
  .meta({ id: 'UploadAnswer' });

const common = {
  results: z.enum(['all', 'notable']).default('notable').meta({ description: 'Above 10,000 rows: every row, or only those with errors or warnings' }),
};

const raws = (row: z.ZodType) => ({
  takes: { types: ['application/json'], schema: z.union([z.array(row), row]) },
  refusals: {
    400: 'The body is malformed or was cut: nothing was stored. `detail`, `line` and `column` say where.',
    413: 'More bytes or rows than one request may have.',
    415: 'The body is compressed or encoded.',
    422: 'A parameter is not right, or the Idempotency-Key was used for another body.',
  },
});

const how = `A JSON array of objects, or one object. Rows are independent: one with errors does not hold up the others. A body that is
cut or malformed is refused whole with line and column. An attribute that is missing stays as it is, null clears it. Sending the
same again changes nothing. Rows with errors are in the answer, which is 200 all the same: look at \`failed\`. With the content type
\`application/x-ndjson\` the body is one object on each line. With an Idempotency-Key the answer is kept, and given again for the same body.`;

const uploadInvoices = endpoint({
  method: 'post',
  path: '/jsonApi/upload/invoices',
  permission: 'intake.write',
  tag: 'Upload',
  summary: 'Upload invoices, credit memos and payments on account',
  description: how,
  raw: true,
  raws: raws(invoiceRowSchema),
  idempotent: true,
  query: z.object({
    ...common,
    snapshot: flagSchema.optional().meta({ description: 'The rows are all open items of their company codes: what is missing is closed' }),
    createCustomers: flagSchema.optional().meta({ description: 'An unknown customer is created when the row has a customerName' }),
  }),
  response: uploadAnswerSchema,
  example: {
    request: [
      {
        customerNumber: '100045',
        invoiceNumber: '9000123',
        invoiceAmount: 12112,
        balanceAmount: '12112',
        currency: 'USD',
        invoiceDate: '2026-02-01',
        dueDate: '2026-03-03',
        debitCreditIndicator: 'S',
      },
    ],
    response: {
      success: true,
      uploadId: '01957f2e-6f00-7000-8000-000000000000',
      received: 1,
      created: 1,
      updated: 0,
      unchanged: 0,
      failed: 0,
      closed: 0,
      warnings: [],
      results: [{ index: 0, key: '9000123', id: '01957f2e-6f00-7000-8000-000000000001', status: 'created' }],
    },
  },
  handler: (work, { query, request }) =>
    receiveUpload(work, request, { kind: 'invoices', snapshot: query.snapshot ?? false, createCustomers: query.createCustomers, results: query.results }),
});

const uploadCustomers = endpoint({
  method: 'post',
  path: '/jsonApi/upload/customers',
  permission: 'intake.write',
  tag: 'Upload',
  summary: 'Upload customers',
  description: how,
  raw: true,
  raws: raws(customerRowSchema),
  idempotent: true,
  query: z.object(common),
  response: uploadAnswerSchema,
  example: {
    request: [
      { customerno: '100045', companyname: 'Acme Corporation', emailaddress1: 'ap@acme.example, cfo@acme.example', phoneno: '+1 212 555 0100', cocode: '' },
      { customerno: '100046', companyname: 'Blue Harbor Cafe', emailaddress1: 'ap@' },
    ],
    response: {
      success: true,
      uploadId: '01957f2e-6f00-7000-8000-000000000002',
      received: 2,
      created: 1,
      updated: 0,
      unchanged: 0,
      failed: 1,
      closed: 0,
      warnings: [],
      results: [
        { index: 0, key: '100045', id: '01957f2e-6f00-7000-8000-000000000003', status: 'created' },
        { index: 1, key: '100046', status: 'error', errors: [{ field: 'emailaddress1', code: 'invalid_email', message: 'ap@ is not an e-mail address.' }] },
      ],
    },
  },
  handler: (work, { query, request }) =>
    receiveUpload(work, request, { kind: 'customers', snapshot: false, createCustomers: undefined, results: query.results }),
});

export const endpoints: Endpoint[] = [uploadInvoices, uploadCustomers, exportPayments, ...importEndpoints];
