// The Python program that runs inside the sandbox: it reads cells from descriptor 0, runs them in one namespace as a
// notebook does, and writes one record to descriptor 2 after each. All output of user code goes to descriptor 1.

/** ASCII only: it is passed as a command-line argument. */
export const pythonDriver: string = String.raw`
import ast, io, linecache, os, sys, traceback
def _main():
    read, write = os.read, os.write
    def read_exactly(count):
        data = b""
        while len(data) < count:
            part = read(0, count - len(data))
            if not part:
                os._exit(0)
            data += part
        return data
    def streams():
        out = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", errors="backslashreplace", write_through=True)
        sys.stdin = io.StringIO("")
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = out
        return out
    def own_frames(trace):
        while trace is not None and trace.tb_frame.f_code.co_filename == "<string>":
            trace = trace.tb_next
        return trace
    def show(error, out):
        trace = own_frames(error.__traceback__)
        lines = traceback.format_exception(type(error), error, trace)
        text = "".join(lines).replace("/wlr/build-staging/", "<stdlib>/")
        out.write(text)
    scope = {"__name__": "__main__", "__builtins__": __builtins__}
    number = 0
    out = streams()
    while True:
        size = int.from_bytes(read_exactly(4), "little")
        source = read_exactly(size).decode("utf-8", "replace").replace("\r\n", "\n")
        number += 1
        name = "<cell %d>" % number
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            tree = ast.parse(source, name)
            last = None
            if tree.body and isinstance(tree.body[-1], ast.Expr):
                last = ast.Expression(tree.body.pop().value)
            exec(compile(tree, name, "exec"), scope)
            if last is not None:
                value = eval(compile(last, name, "eval"), scope)
                if value is not None:
                    scope["_"] = value
                    out = streams() if sys.stdout is None or sys.stdout.closed else out
                    out.write(repr(value) + "\n")
        except BaseException as error:
            out = streams()
            try:
                show(error, out)
            except BaseException:
                out.write("Error: the exception could not be printed\n")
        try:
            sys.stdout.flush()
        except BaseException:
            pass
        out = streams()
        write(2, b"done %d\n" % number)
_main()
`;
