/** `npm run test:simulation`: lets the TypeScript beside it run on every Node that is supported, and starts it. */
import { register } from 'node:module';

register('../driver/typescript.js', import.meta.url);
const { main } = await import('./main.ts');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
