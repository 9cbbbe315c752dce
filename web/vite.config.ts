import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { firstLoad, packed } from "./firstLoad.ts";

const server = process.env["FORESTAY_URL"] ?? "http://127.0.0.1:8765";

/** `npx vite` works against a running Forestay: calls go through to it. */
export default defineConfig({
  plugins: [react(), tailwindcss(), firstLoad(), packed()],
  build: {
    target: "es2023", sourcemap: false, chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // what the frame stands on is loaded with every page: one file instead of thirty
            { name: "frame", tags: ["$initial"], test: (id) => !/src.main\.tsx$|index\.html/.test(id), priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": server, "/v1": server, "/readyz": server } },
});
