import { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, flagSchema, idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import { countTasks, listTasks, readColleagues, readTask, readTaskDocuments, type Task, taskSources, taskStates } from './queries.ts';
import { changeTask, completeTask, createTask, skipTask } from './tasks.ts';

const tag = 'Tasks';
const byId = z.object({ id: idSchema });
const title = z.string().trim().min(1).max(200).meta({ example: 'Call about INV-1001' });
const description = z.string().max(4000).nullable().optional();
const outcome = z.object({ outcome: z.string().trim().max(2000).nullable().optional() });

export const personSchema = z.object({ id: idSchema, name: z.string() });

const taskSchema = z
  .object({
    id: idSchema,
    title: z.string(),
    description: z.string().nullable(),
    customer: z.object({ id: idSchema, name: z.string(), number: z.string() }),
    invoices: z.array(z.object({ id: idSchema, number: z.string(), open: moneySchema })),
    assignee: personSchema.nullable().meta({ description: 'null: nobody’s yet' }),
    dueOn: dateSchema,
    overdue: z.boolean(),
    state: z.enum(taskStates),
    source: z.enum(taskSources),
    sourceId: idSchema.nullable(),
    createdBy: z.string(),
    createdAt: instantSchema,
    finishedBy: z.string().nullable(),
    finishedAt: instantSchema.nullable(),
    outcome: z.string().nullable(),
  })
  .meta({ id: 'Task' });

async function showTasks(ctx: Context, tasks: readonly Task[]): Promise<z.input<typeof taskSchema>[]> {
  const documents = Map.groupBy(
    await readTaskDocuments(
      ctx,
      tasks.map((task) => task.id),
    ),
    (row) => row.taskId,
  );
  const today = ctx.clock.today();
  return tasks.map((task) => ({
    id: task.id,
    title: task.title,
    description: task.description,
    customer: { id: task.customerId, name: task.customerName, number: task.customerNumber },
    invoices: (documents.get(task.id) ?? []).map((one) => ({ id: one.id, number: one.number, open: toJson(money(one.openMinor, one.currency)) })),
    assignee: task.assignedTo ? { id: task.assignedTo, name: task.assignedName ?? '' } : null,
    dueOn: task.dueOn.toString(),
    overdue: task.state === 'open' && Temporal.PlainDate.compare(task.dueOn, today) < 0,
    state: task.state,
    source: task.source,
    sourceId: task.sourceId,
    createdBy: task.createdBy,
    createdAt: task.createdAt.toString(),
    finishedBy: task.finishedBy,
    finishedAt: task.finishedAt?.toString() ?? null,
    outcome: task.outcome,
  }));
}

async function show(ctx: Context, id: string): Promise<z.input<typeof taskSchema>> {
  const task = await readTask(ctx, id);
  if (!task) throw notFound('task');
  return (await showTasks(ctx, [task]))[0]!;
}

const me = (ctx: Context): string | null => (ctx.actor.kind === 'user' ? ctx.actor.id : null);

export const taskEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/tasks',
    permission: 'collections.read',
    tag,
    summary: 'List tasks',
    description: 'Open ones by the day they are due, finished ones the newest first.',
    query: z.object({
      ...listQuery,
      state: z.enum([...taskStates, 'finished']).default('open'),
      mine: flagSchema.optional().meta({ description: 'Those assigned to the caller' }),
      unassigned: flagSchema.optional(),
      overdue: flagSchema.optional(),
      assigneeId: idSchema.optional(),
      customerId: idSchema.optional(),
      invoiceId: idSchema.optional(),
      source: z.enum(taskSources).optional(),
    }),
    response: pageOf(taskSchema),
    handler: async (ctx, { query }) => {
      const mine = me(ctx);
      if (query.mine && !mine) return { items: [], nextCursor: null };
      const open = query.state === 'open';
      const sort = open ? 'tasks:open' : 'tasks:finished';
      const keys = fromCursor(sort, query.cursor, open ? ['date', 'id'] : ['id']);
      const after = keys && (open ? { dueOn: keys[0]!, id: keys[1]! } : { dueOn: null, id: keys[0]! });
      const filter = {
        state: query.state,
        assignedTo: query.mine ? mine! : query.assigneeId,
        unassigned: query.unassigned,
        customerId: query.customerId,
        documentId: query.invoiceId,
        dueBefore: query.overdue ? ctx.clock.today() : undefined,
        source: query.source,
      };
      const rows = await listTasks(ctx, filter, after, query.limit + 1);
      const items = rows.slice(0, query.limit);
      const last = items.at(-1);
      return {
        items: await showTasks(ctx, items),
        nextCursor: rows.length > query.limit && last ? toCursor(sort, open ? [last.dueOn.toString(), last.id] : [last.id]) : null,
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/tasks/counts',
    permission: 'collections.read',
    tag,
    summary: 'How many open tasks there are',
    response: z.object({ mine: z.number().int(), all: z.number().int(), overdue: z.number().int(), unassigned: z.number().int() }),
    handler: (ctx) => countTasks(ctx, me(ctx)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/colleagues',
    permission: 'collections.read',
    tag,
    summary: 'Who tasks and disputes can be given to',
    response: z.object({ items: z.array(personSchema), me: idSchema.nullable() }),
    handler: async (ctx) => ({ items: await readColleagues(ctx), me: me(ctx) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/tasks',
    permission: 'collections.write',
    tag,
    summary: 'Create a task',
    body: z.object({
      customerId: idSchema,
      title,
      description,
      dueOn: dateSchema,
      assigneeId: idSchema.nullable().optional(),
      invoiceIds: z.array(idSchema).max(100).optional(),
    }),
    response: taskSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body }) =>
      show(
        ctx,
        await createTask(ctx, {
          customerId: body.customerId,
          title: body.title,
          description: body.description ?? null,
          dueOn: Temporal.PlainDate.from(body.dueOn),
          assignedTo: body.assigneeId ?? null,
          source: 'person',
          documentIds: body.invoiceIds ?? [],
        }),
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/tasks/{id}',
    permission: 'collections.read',
    tag,
    summary: 'Read a task',
    params: byId,
    response: taskSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/tasks/{id}',
    permission: 'collections.write',
    tag,
    summary: 'Change or reassign an open task',
    description: 'Fields that are left out stay. Problem 409 for a finished task.',
    params: byId,
    body: z.object({ title: title.optional(), description, dueOn: dateSchema.optional(), assigneeId: idSchema.nullable().optional() }),
    response: taskSchema,
    handler: async (ctx, { params, body }) => {
      await changeTask(ctx, params.id, {
        title: body.title,
        description: body.description,
        assignedTo: body.assigneeId,
        dueOn: body.dueOn === undefined ? undefined : Temporal.PlainDate.from(body.dueOn),
      });
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/tasks/{id}/done',
    permission: 'collections.write',
    tag,
    summary: 'A task was done',
    params: byId,
    body: outcome,
    response: taskSchema,
    example: { request: { outcome: 'They pay on Friday' } },
    handler: async (ctx, { params, body }) => {
      await completeTask(ctx, params.id, body.outcome);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/tasks/{id}/skip',
    permission: 'collections.write',
    tag,
    summary: 'A task is not going to be done',
    params: byId,
    body: outcome,
    response: taskSchema,
    example: { request: { outcome: 'Not needed any more' } },
    handler: async (ctx, { params, body }) => {
      await skipTask(ctx, params.id, body.outcome);
      return show(ctx, params.id);
    },
  }),
];
