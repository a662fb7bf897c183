package stamp

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Of returns the stamp of an open file.
func Of(f *os.File) (Stamp, error) {
	info, err := f.Stat()
	if err != nil {
		return Stamp{}, err
	}
	s := plain(info)
	handle := windows.Handle(f.Fd())
	var id windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &id); err == nil {
		s.Volume = uint64(id.VolumeSerialNumber)
		s.Number = uint64(id.FileIndexHigh)<<32 | uint64(id.FileIndexLow)
	}
	// FILE_BASIC_INFO: four times, of which the last is the change time, and attributes.
	var basic struct {
		times      [4]int64
		attributes uint32
	}
	size := uint32(unsafe.Sizeof(basic))
	if err := windows.GetFileInformationByHandleEx(handle, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&basic)), size); err == nil {
		s.Change = basic.times[3]
	}
	return s, nil
}

// At returns the stamp of the file at a path, links followed. Only an open file shows
// its id here.
func At(path string) (Stamp, error) {
	f, err := os.Open(path)
	if err != nil {
		return Stamp{}, err
	}
	defer f.Close()
	return Of(f)
}
