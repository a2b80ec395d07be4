// What the page of SQL needs of DuckDB, for one script: a database in a worker, with the release's file in it.
import { AsyncDuckDB, VoidLogger } from "@duckdb/duckdb-wasm";

const SCHEMA = "released.marts";

// `assets` is the address of the folder of this script, `content` what the release's file holds.
const open = async (assets, content) => {
  const worker = new Worker(`${assets}duckdb-worker.js`);
  const database = new AsyncDuckDB(new VoidLogger(), worker);
  await database.instantiate(`${assets}duckdb.wasm`);
  await database.registerFileBuffer("hasila.duckdb", content);
  const connection = await database.connect();
  // Extensions would come from elsewhere.
  await connection.query("set autoinstall_known_extensions = false");
  await connection.query("set autoload_known_extensions = false");
  await connection.query("attach 'hasila.duckdb' as released (read_only)");
  await connection.query(`use ${SCHEMA}`);
  await connection.query("set lock_configuration = true");
  return connection;
};

globalThis.hasila = Object.assign(globalThis.hasila || {}, { open });
