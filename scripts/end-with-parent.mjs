// npm runs a script through a shell, and a shell that is ended by a signal does not pass it on: the script would go on
// without anybody who knows of it. So the end of the shell is taken for the signal.

const parent = process.ppid;
const interval = 250;

/** From now on, SIGTERM for this process when the one that started it has ended. Does nothing outside of npm. */
export function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, interval);
  timer.unref();
}
