// What the documented clients take from the application: where Easel is, who is asking, and what is watched.
export const url = process.env["EASEL_URL"]!;
export const WATCH = process.env["WATCH"]!;

export async function accessToken(): Promise<string> {
  return process.env["TOKEN"]!;
}

export interface JobEvent {
  __typename: string;
  cursor: string;
  sequence: number;
}

export interface Watched {
  generationJobEvents: JobEvent;
}
