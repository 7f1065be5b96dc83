import { builtinModules } from "node:module";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";

/** The simulation is written in TypeScript, as all tests are, and run by Node alone. */
export default {
  input: "test/simulate/simulate.ts",
  output: { file: "dist/simulate/simulate.mjs", format: "es" },
  external: [...builtinModules, /^node:/],
  plugins: [
    nodeResolve(),
    typescript({ tsconfig: "tsconfig.json", include: ["test/**"], noEmit: false, noCheck: true }),
  ],
};
