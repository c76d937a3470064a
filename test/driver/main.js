/** `npm run test:driver`: lets the TypeScript beside it run on every Node that is supported, and starts it. */
import { register } from 'node:module';

register('./typescript.js', import.meta.url);
const { main, Usage } = await import('./main.ts');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Usage) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
