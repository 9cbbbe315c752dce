import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env["FORESTAY_URL"] ?? "http://127.0.0.1:8765";

/** `npx vite` works against a running Forestay: calls go through to it. */
export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: { target: "es2023", sourcemap: false, chunkSizeWarningLimit: 700 },
  server: { proxy: { "/api": server, "/v1": server, "/readyz": server } },
});
