import 'reflect-metadata';
import { createHerald } from './app.js';
import { firstSteps } from './first-steps.js';
import { listen } from './http/listen.js';
import { runProcess } from './run-process.js';

await runProcess(async (environment) => {
  const app = await createHerald(environment);
  await listen(app, environment);
  process.stdout.write(firstSteps(app.getHttpServer().address(), environment));
  return app;
});
