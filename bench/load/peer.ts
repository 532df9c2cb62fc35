import { createServer } from 'node:http';

/** Bare node:http: takes any request whole, and answers what it was last told to, over the channel to its parent. */
let answer = { status: 200, type: 'text/plain', body: '' };

const server = createServer((request, response) => {
  const send = () => {
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  };
  if (request.method === 'GET') send();
  else request.resume().on('end', send);
});
process.on('message', (told: typeof answer) => {
  answer = told;
  process.send?.({ told: true });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.send?.({ port });
});
