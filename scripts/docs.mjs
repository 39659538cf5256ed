/**
 * Makes the API reference (build-docs/) from the docstrings. Fails when something that the package exports has none, or the
 * reference has another fault. `--check` writes nothing.
 */
import { Application, Logger, LogLevel } from 'typedoc';

const problems = [];

class Kept extends Logger {
  log(message, level) {
    super.log(message, level);
    if (level >= LogLevel.Warn) problems.push(message);
  }
}

const app = await Application.bootstrapWithPlugins();
app.logger = new Kept();
const project = await app.convert();
if (project === undefined) problems.push('the sources have errors: npm run types');
else {
  app.validate(project);
  if (!process.argv.includes('--check')) await app.generateOutputs(project);
}
for (const message of problems) console.error(`docs: ${message}`);
if (problems.length > 0) process.exitCode = 1;
else console.log('docs: nothing that is exported is undocumented');
