/** The rows of an import that were not taken, as the server's CSV, saved as a file. */
import { api } from "../../api/client";

export async function saveRejects(jobId: number): Promise<void> {
  const { data } = await api.GET("/api/imports/{job_id}/rejects", { params: { path: { job_id: jobId } }, parseAs: "blob" });
  saveFile(data as unknown as Blob, `rejects-${jobId}.csv`);
}

export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
