/* hold FILE keeps a file open until its input ends, as a program does that reads it:
   others may read and write it, but not remove it or put another one in its place. */
#include <stdio.h>
#include <windows.h>

int wmain(int count, wchar_t **args)
{
	if (count != 2 || CreateFileW(args[1], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				      OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE)
		return 1;
	puts("held");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
