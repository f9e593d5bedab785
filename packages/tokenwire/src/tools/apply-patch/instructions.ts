// What the model is told about the patch format, after the user's own developer text.

export const applyPatchInstructions = `# Editing files with apply_patch

Call apply_patch with one patch text. It is applied whole or not at all.

*** Begin Patch
[one or more file operations]
*** End Patch

Each operation starts with one of three headers. Paths are relative to the working folder, never absolute.

*** Add File: <path>      every following line starts with "+" and is a line of the new file
*** Delete File: <path>   nothing follows
*** Update File: <path>   hunks follow; to rename, put "*** Move to: <new path>" on the next line

A hunk starts with "@@". Its lines start with one character: a space for a line that stays, "-" for a line to remove,
"+" for a line to insert. Give about three unchanged lines before and after each change. If those lines occur more than
once in the file, name the enclosing class or function after "@@"; use several "@@" lines to go deeper:

@@ class Account
@@     def close(self):
-        return None
+        return self.balance

End a hunk with "*** End of File" when it must stand at the end of the file.

Patch     := "*** Begin Patch" NL { Operation } "*** End Patch" [NL]
Operation := Add | Delete | Update
Add       := "*** Add File: " path NL { "+" text NL }
Delete    := "*** Delete File: " path NL
Update    := "*** Update File: " path NL [ "*** Move to: " path NL ] { Hunk }
Hunk      := { "@@" [ " " header ] NL } { ( " " | "-" | "+" ) text NL } [ "*** End of File" NL ]

Example:

*** Begin Patch
*** Add File: notes/todo.txt
+Write the tests
*** Update File: src/greet.py
@@ def greet(name):
-    print("Hi " + name)
+    print(f"Hello, {name}!")
*** Delete File: old.txt
*** End Patch
`;
