/* signed_part.c - the bytes of an image that Authenticode signs, and their digests. */
#include "pe/signed_part.h"

#include <string.h>

enum { LARGEST_PAGE = 1 << 16 };

static const uint8_t zeros[LARGEST_PAGE];

static uint32_t number_at(const ps_image *image, uint64_t offset, size_t size)
{
    ps_reader r = ps_reader_at(image->data, image->size, offset, size);

    return (uint32_t)ps_uint(&r, size);
}

static ps_bytes cut_out(const ps_image *image, size_t begin, size_t end)
{
    if (end > image->size)
        end = image->size;
    return begin < end ? (ps_bytes){image->data + begin, end - begin} : (ps_bytes){image->data, 0};
}

void ps_signed_part_of(ps_signed_part *out, const ps_image *image)
{
    const size_t optional = (size_t)number_at(image, 60, 4) + 24;
    const size_t count = optional + (image->plus ? 108 : 92);
    const size_t table = image->directory[PS_DIRECTORY_SECURITY].rva;
    const size_t size = image->directory[PS_DIRECTORY_SECURITY].size;
    size_t end = image->size;

    *out = (ps_signed_part){.checksum = optional + 64};
    if (number_at(image, count, 4) > PS_DIRECTORY_SECURITY)
        out->entry = count + 4 + (size_t)PS_DIRECTORY_SECURITY * 8;
    if (table != 0 && size != 0) {
        out->outside = table < out->entry + 8 || table >= image->size || size > image->size - table;
        if (!out->outside) {
            out->table = end = table;
            out->table_size = size;
        }
    }
    out->spans[0] = cut_out(image, 0, out->checksum);
    out->spans[1] = cut_out(image, out->checksum + 4, out->entry == 0 ? end : out->entry);
    if (out->entry != 0)
        out->spans[2] = cut_out(image, out->entry + 8, end);
    if (out->table_size == 0)
        out->spans[3] = (ps_bytes){zeros, (8 - image->size % 8) % 8};
}

bool ps_signed_part_digest(const ps_signed_part *part, ps_digest_id id,
                           uint8_t out[PS_DIGEST_LIMIT], ps_error *err)
{
    return ps_digest_spans(id, part->spans, PS_SIGNED_SPANS, out, err);
}

/* Going through the page hashes of a signature. */
typedef struct pages {
    const ps_image *image;
    ps_digest_id id;
    size_t page;      /* bytes of one */
    ps_reader hashes; /* what is left of them */
    bool match;       /* so far */
} pages;

/* Takes the next entry off the hashes and compares it with the page that is expected there. */
static bool check_page(pages *p, size_t offset, const ps_bytes *page, size_t count, ps_error *err)
{
    const size_t size = ps_digest_size(p->id);
    const uint32_t stated_at = ps_u32(&p->hashes);
    const uint8_t *stated = ps_take(&p->hashes, size);
    uint8_t digest[PS_DIGEST_LIMIT];

    p->match = stated != NULL && stated_at == offset;
    if (!p->match)
        return true;
    if (!ps_digest_spans(p->id, page, count, digest, err))
        return false;
    p->match = memcmp(stated, digest, size) == 0;
    return true;
}

static bool check_header(pages *p, const ps_signed_part *part, ps_error *err)
{
    const size_t size = p->image->header_size;
    const ps_bytes spans[] = {cut_out(p->image, 0, part->checksum),
                              cut_out(p->image, part->checksum + 4, part->entry),
                              cut_out(p->image, part->entry + 8, size),
                              {zeros, p->page - size}};

    return check_page(p, 0, spans, 4, err);
}

static bool check_section(pages *p, const ps_section *section, ps_error *err)
{
    const size_t end = (size_t)section->file_offset + section->file_size;

    for (size_t at = section->file_offset; p->match && at < end; at += p->page) {
        const size_t size = end - at < p->page ? end - at : p->page;
        const ps_bytes spans[] = {cut_out(p->image, at, at + size), {zeros, p->page - size}};

        p->match = spans[0].size == size;
        if (p->match && !check_page(p, at, spans, 2, err))
            return false;
    }
    return true;
}

bool ps_pages_match(const ps_image *image, const ps_signed_part *part, ps_digest_id id,
                    ps_bytes hashes, bool *match, ps_error *err)
{
    pages p = {.image = image,
               .id = id,
               .page = number_at(image, part->checksum - 32, 4),
               .hashes = ps_reader_of(hashes.data, hashes.size, 0)};
    bool done;

    *match = false;
    if (p.page == 0 || p.page > LARGEST_PAGE || part->entry == 0 ||
        image->header_size < part->entry + 8 || image->header_size > p.page)
        return true;
    done = check_header(&p, part, err);
    for (size_t i = 0; done && p.match && i < image->section_count; i++)
        done = check_section(&p, &image->sections[i], err);
    *match = p.match;
    return done;
}
