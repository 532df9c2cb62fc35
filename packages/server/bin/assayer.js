#!/usr/bin/env node
// Checks the version of Node before anything native is loaded: below Node-API 10 (Node 22.14) the SQLite
// driver does not fail with a message but with a segmentation fault.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 16)) {
  process.stderr.write(
    `assayer needs Node.js 22.16 or later; this is ${process.versions.node}.\n` +
      'In a checkout, "npx assayer" and "npm start" bring their own. Elsewhere, install a newer Node.js.\n',
  );
  process.exit(3);
}
const { main } = await import('../dist/cli.js');
await main(process.argv);
