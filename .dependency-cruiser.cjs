/**
 * Who may import whom (ARCHITECTURE.md). Every rule has a fixture in tests/boundaries/fixtures that must fail, so that
 * a rule which no longer sees anything is noticed.
 */
// `npm run check` looks at the program; the test of these rules looks at a folder of fixtures with the same tree
const at = process.env.BOUNDARIES_ROOT ? `^${process.env.BOUNDARIES_ROOT}/` : '^';

/** The order of the modules: a module may enter those of an earlier group, through their index.ts. */
const groups = [
  ['tenants'],
  ['identity'],
  ['customers'],
  ['receivables'],
  ['payments'],
  ['autopay', 'templates'],
  ['correspondence'],
  ['inbox', 'collections', 'conditions'],
  ['reminders', 'statements'],
  ['intake', 'accounting', 'portal', 'proof', 'reporting', 'webhooks'],
];
const testFile = '\\.test\\.tsx?$|/test-data\\.ts$';
const server = `${at}server/`;

const upward = groups.slice(0, -1).map((names, index) => ({
  name: `modules-go-down-${names[0]}`,
  comment: 'A module uses those below it. A need that points upward is a reaction (server/reactions.ts).',
  severity: 'error',
  from: { path: `${server}modules/(${names.join('|')})/`, pathNot: testFile },
  to: {
    path: `${server}modules/(${groups
      .slice(index + 1)
      .flat()
      .join('|')})/`,
  },
}));

module.exports = {
  forbidden: [
    {
      name: 'kernel-is-pure',
      comment: 'The kernel is words without I/O: it imports nothing but itself and randomness for ids.',
      severity: 'error',
      from: { path: `${server}kernel/`, pathNot: testFile },
      to: { pathNot: `${server}kernel/|^(node:)?crypto$` },
    },
    {
      name: 'platform-knows-no-product',
      comment: 'Platform serves every module and knows none.',
      severity: 'error',
      from: { path: `${server}platform/`, pathNot: testFile },
      to: { path: `${server}(modules|gateways|connectors|demo|cli)/|${server}(app|main|reactions)\\.ts` },
    },
    {
      name: 'modules-enter-by-the-door',
      comment: 'Another module is entered through its index.ts.',
      severity: 'error',
      from: { path: `${server}modules/([^/]+)/`, pathNot: testFile },
      to: { path: `${server}modules/([^/]+)/`, pathNot: `${server}modules/$1/|${server}modules/[^/]+/index\\.ts$` },
    },
    {
      name: 'modules-know-no-program',
      comment: 'What puts modules together is above them.',
      severity: 'error',
      from: { path: `${server}modules/`, pathNot: testFile },
      to: { path: `${server}(demo|cli)/|${server}(app|main|reactions)\\.ts` },
    },
    {
      name: 'modules-see-gateway-contracts-only',
      comment: 'Which gateways there are is said in server/app.ts; modules know the contract.',
      severity: 'error',
      from: { path: `${server}modules/`, pathNot: testFile },
      to: { path: `${server}(gateways|connectors)/`, pathNot: `${server}gateways/(gateway|failure)\\.ts$|${server}connectors/connector\\.ts$` },
    },
    {
      name: 'adapters-are-translators',
      comment: 'An adapter knows no database, no module and no other adapter.',
      severity: 'error',
      from: { path: `${server}(gateways|connectors)/`, pathNot: testFile },
      to: {
        path: `${server}(modules|demo|cli|platform/(database|jobs|mail|http|files))/|${server}(app|main|reactions)\\.ts|node_modules/(pg|graphile-worker)/`,
      },
    },
    {
      name: 'adapters-stay-in-their-folder',
      comment: 'What two adapters share belongs into the contract.',
      severity: 'error',
      from: { path: `${server}(gateways|connectors)/([^/]+)/`, pathNot: testFile },
      to: { path: `${server}(gateways|connectors)/[^/]+/`, pathNot: `${server}$1/$2/` },
    },
    {
      name: 'web-knows-the-api-only',
      comment: 'The staff app is a customer of the public API.',
      severity: 'error',
      from: { path: `${at}web/` },
      to: { path: `${server}` },
    },
    {
      name: 'server-knows-no-web',
      comment: 'The server hands out the built app and imports nothing of it.',
      severity: 'error',
      from: { path: `${server}` },
      to: { path: `${at}web/src/` },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one thing, or a third is missing.',
      severity: 'error',
      from: { path: `${at}(server|web/src)/` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: { path: `${at}(server|web/src)/` },
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    ...upward,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: process.env.BOUNDARIES_ROOT ? '^$' : 'tests/boundaries/fixtures' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
  },
};
